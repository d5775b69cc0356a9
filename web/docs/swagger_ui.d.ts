declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  /** Options: https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/ */
  export default function SwaggerUI(options: Record<string, unknown>): unknown;
}
