import { describe, expect, it } from "vitest";
import { figuresPath, fileName, hashOf, mapPath, questionFrom, stationsPath } from "./question";

const DEFAULT = {
  area: "330200",
  kinds: ["rest_station"],
  minutes: 15,
  layer: "minutes",
  profile: "walk",
  at: null,
};

describe("the question in the address", () => {
  it("is the city within fifteen minutes on foot when it says nothing", () => {
    expect(questionFrom("", "330200")).toEqual(DEFAULT);
  });

  it("comes back as it went", () => {
    const question = questionFrom(
      "#area=330212&minutes=30&kind=rest_station,nursing_room&profile=ebike&at=2026-11-23T12:30&layer=gap",
      "330200",
    );
    expect(question.kinds).toEqual(["rest_station", "nursing_room"]);
    expect(question.at).toBe("2026-11-23T12:30");
    expect(questionFrom(hashOf(question), "330200")).toEqual(question);
  });

  it("takes the default for what it does not understand", () => {
    const hash = "#area=%3Cscript%3E&minutes=900&kind=A;B&profile=plane&at=tomorrow&layer=x";
    expect(questionFrom(hash, "330200")).toEqual(DEFAULT);
  });

  it("asks for figures without the layer and for the map with it", () => {
    const question = questionFrom("", "330200");
    expect(figuresPath(question)).toBe(
      "/v1/coverage?area=330200&minutes=15&kind=rest_station&profile=walk",
    );
    expect(stationsPath(question).split("?")[1]).toBe(figuresPath(question).split("?")[1]);
    expect(mapPath(question, "en")).toBe(
      "/v1/coverage/map?area=330200&minutes=15&kind=rest_station&profile=walk&layer=minutes&lang=en",
    );
  });
});

describe("a file's name", () => {
  it("tells questions apart", () => {
    const question = questionFrom("#area=330203&kind=rest_station,nursing_room", "330200");
    expect(fileName(question)).toBe("nuanyi-coverage-330203-15min-walk-rest_station+nursing_room");
    expect(fileName({ ...question, at: "2026-11-28T19:00" })).toBe(
      "nuanyi-coverage-330203-15min-walk-rest_station+nursing_room-20261128T1900",
    );
  });
});
