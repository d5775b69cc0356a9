import { describe, expect, it } from "vitest";
import { fileNameIn, Problem, queryString, sentence } from "./api";

describe("queryString", () => {
  it("joins lists, keeps zero and leaves out what is empty", () => {
    expect(queryString({ a: ["x", "y"], b: 0, c: "", d: null, e: [], f: undefined })).toBe(
      "a=x%2Cy&b=0",
    );
  });
});

describe("sentence", () => {
  it("prefers the service's own sentence", () => {
    expect(sentence(new Problem(422, { detail: "the name is empty" }))).toBe("the name is empty");
  });

  it("has one for every failure without", () => {
    expect(sentence(new Problem(503))).toBe("error.unavailable");
    expect(sentence(new Problem(500))).toBe("error.status");
    expect(sentence(new TypeError("bug"))).toBe("error.unexpected");
  });
});

describe("fileNameIn", () => {
  it("prefers the encoded name, and takes the plain one where there is no other", () => {
    const both = `attachment; filename="x.xlsx"; filename*=UTF-8''%E7%AB%99.xlsx`;
    expect(fileNameIn(both)).toBe("站.xlsx");
    expect(fileNameIn('attachment; filename="remarks.csv"')).toBe("remarks.csv");
    expect(fileNameIn("attachment; filename=a.csv; filename*=UTF-8''%E7")).toBe("a.csv");
    expect(fileNameIn(null)).toBeNull();
  });
});
