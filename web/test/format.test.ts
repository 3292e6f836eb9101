import { describe, expect, test } from "vitest";
import { meetsPolicy } from "../src/auth/password";
import { categoryOf } from "../src/lib/categories";
import { filterPath, readFilter } from "../src/lib/filter";
import { formatPrice, stockHint } from "../src/lib/format";

describe("formatPrice", () => {
  test.each([
    [4900, "EUR", "€49.00"],
    [123456789, "EUR", "€1,234,567.89"],
    [5, "EUR", "€0.05"],
    [0, "EUR", "€0.00"],
    [1999, "USD", "$19.99"],
    [4900, "JPY", "¥4,900"],
  ])("%i minor units of %s are %s", (minorUnits, currency, text) => {
    expect(formatPrice(minorUnits, currency)).toBe(text);
  });
});

test.each([
  [0, "none", "Sold out"],
  [1, "low", "Only 1 left"],
  [5, "low", "Only 5 left"],
  [6, "plenty", "In stock"],
])("a stock of %i is %s", (stock, level, text) => {
  expect(stockHint(stock)).toEqual({ level, text });
});

test.each([
  ["Demo-Shop-2026", true],
  ["Aa345678901", false],
  ["aaaaaaaaaaa1", false],
  ["AAAAAAAAAAA1", false],
  ["Aaaaaaaaaaaa", false],
])("whether %s meets the password policy: %s", (password, met) => {
  expect(meetsPolicy(password)).toBe(met);
});

test("an unknown category gets a readable name", () => {
  expect(categoryOf("winter-sale").name).toBe("Winter sale");
});

test("a filter survives its address; nonsense in an address is ignored", () => {
  const filter = { category: "coffee-tea", q: "tea & co", sort: "-price" } as const;
  expect(readFilter(new URL(filterPath(filter), "http://shop.test").searchParams)).toEqual(filter);
  expect(filterPath({ category: "", q: "", sort: "name" })).toBe("/");
  expect(readFilter(new URLSearchParams("sort=random")).sort).toBe("name");
});
