// The OpenAPI page: Swagger UI from our own files, reading our own description.

import "swagger-ui-dist/swagger-ui.css";
import "../shared/style.css";
import "./style.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import { byId, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";

// Swagger UI would otherwise load a badge from another host and offer Try it out only after a click.
try {
  SwaggerUI({
    url: "/v1/openapi.json",
    domNode: byId("docs"),
    // Its anchors lie inside buttons, which assistive technology cannot reach.
    deepLinking: false,
    validatorUrl: null,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: true,
    syntaxHighlight: { activated: false },
  });
} catch {
  fillWith(byId("docs"), el("p", { class: "notice notice-error" }, t("docs.failed")));
}
