import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";
import { json, open, problem, product, serve } from "./shop";

const cards = () => screen.findAllByTestId("product-card");

test("shows products with picture, price and stock", async () => {
  serve(() =>
    json({
      items: [
        product("mug", { name: "Enamel Mug", stock: 3 }),
        product("jug", { stock: 0 }),
        product("pan"),
      ],
    }),
  );
  open("/");
  expect(screen.getByTestId("skeleton")).toBeInTheDocument();
  const [mug, jug, pan] = (await cards()) as [HTMLElement, HTMLElement, HTMLElement];
  expect(mug).toHaveAttribute("href", "/products/mug");
  expect(mug).toHaveAccessibleName("Only 3 left Enamel Mug €49.00 Kitchen");
  expect(mug.querySelector("img")).toHaveAttribute("src", "/media/products/mug.svg");
  expect(within(jug).getByTestId("stock")).toHaveTextContent("Sold out");
  expect(within(pan).queryByTestId("stock")).not.toBeInTheDocument();
  expect(screen.queryByTestId("load-more")).not.toBeInTheDocument();
});

test("a picture that cannot be loaded leaves an empty tile", async () => {
  serve(() => json({ items: [product("mug")] }));
  open("/");
  const [mug] = (await cards()) as [HTMLElement];
  const picture = mug.querySelector("img");
  if (picture) fireEvent.error(picture);
  expect(within(mug).getByRole("img", { name: "No picture" })).toBeInTheDocument();
});

describe("search", () => {
  test("waits for a pause in typing, then asks once and changes the address", async () => {
    const shop = serve((url) => json({ items: [product(url.searchParams.get("q") ?? "any")] }));
    const { user, address, back } = open("/?sort=-price");
    await cards();
    await user.type(screen.getByRole("searchbox"), "red lamp ");
    expect(address()).toBe("/?sort=-price");
    await waitFor(() => {
      expect(address()).toBe("/?q=red+lamp&sort=-price");
    });
    expect(await screen.findByText("Product red lamp")).toBeInTheDocument();
    expect(shop.lists().map((query) => query.get("q"))).toEqual([null, "red lamp"]);
    expect(screen.getByRole("searchbox")).toHaveValue("red lamp ");

    await back();
    await waitFor(() => {
      expect(screen.getByRole("searchbox")).toHaveValue("");
    });
    expect(address()).toBe("/?sort=-price");
  });

  test("starts from an address, and at once when Enter is pressed", async () => {
    const shop = serve(() => json({ items: [product("mug")] }));
    const { user, address } = open("/?q=mug");
    await cards();
    expect(shop.lists()[0]?.get("q")).toBe("mug");
    const box = screen.getByRole("searchbox");
    expect(box).toHaveValue("mug");
    await user.clear(box);
    await user.type(box, "pan{Enter}");
    expect(address()).toBe("/?q=pan");
  });

  test("from another page leads to the grid", async () => {
    serve((url) =>
      url.pathname === "/api/products/mug" ? json(product("mug")) : json({ items: [] }),
    );
    const { user, address } = open("/products/mug");
    await screen.findByTestId("product");
    await user.type(screen.getByRole("searchbox"), "lamp{Enter}");
    expect(address()).toBe("/?q=lamp");
    expect(await screen.findByText("Nothing found for “lamp”")).toBeInTheDocument();
  });
});

test("category chips filter and keep the search", async () => {
  const shop = serve((url) =>
    json({ items: [product(url.searchParams.get("category") ?? "any")] }),
  );
  const { user, address } = open("/?q=glass");
  await cards();
  const chips = screen.getByRole("navigation", { name: "Categories" });
  await user.click(within(chips).getByRole("link", { name: "Coffee & tea" }));
  expect(address()).toBe("/?category=coffee-tea&q=glass");
  expect(await screen.findByText("Product coffee-tea")).toBeInTheDocument();
  expect(shop.lists().at(-1)?.get("category")).toBe("coffee-tea");
  expect(within(chips).getByRole("link", { current: true })).toHaveTextContent("Coffee & tea");
  expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent("“glass” in Coffee & tea");
});

test("sorting changes the address and the request", async () => {
  const shop = serve(() => json({ items: [product("mug")] }));
  const { user, address } = open("/");
  await cards();
  expect(shop.lists()[0]?.get("sort")).toBe("name");
  await user.selectOptions(screen.getByLabelText("Sort by"), "Price, low to high");
  expect(address()).toBe("/?sort=price");
  await waitFor(() => {
    expect(shop.lists().at(-1)?.get("sort")).toBe("price");
  });
});

describe("paging", () => {
  test("loads more by cursor until there is no more", async () => {
    const shop = serve((url) =>
      url.searchParams.get("cursor") === "next"
        ? json({ items: [product("b")] })
        : json({ items: [product("a")], nextCursor: "next" }),
    );
    const { user } = open("/");
    await user.click(await screen.findByTestId("load-more"));
    await waitFor(async () => {
      expect(await cards()).toHaveLength(2);
    });
    expect(screen.queryByTestId("load-more")).not.toBeInTheDocument();
    expect(shop.lists().map((query) => query.get("cursor"))).toEqual([null, "next"]);
    expect(shop.lists()[0]?.get("limit")).toBe("24");
  });

  test("goes on by itself over pages without a hit", async () => {
    serve((url) =>
      url.searchParams.get("cursor") === "next"
        ? json({ items: [product("late")] })
        : json({ items: [], nextCursor: "next" }),
    );
    open("/?q=late");
    expect(await screen.findByText("Product late")).toBeInTheDocument();
  });

  test("keeps what is there when the next page fails, and tries that again", async () => {
    let fails = true;
    serve((url) => {
      if (url.searchParams.get("cursor") === null)
        return json({ items: [product("a")], nextCursor: "next" });
      return fails
        ? problem(503, "The products cannot be read now.")
        : json({ items: [product("b")] });
    });
    const { user } = open("/");
    await user.click(await screen.findByTestId("load-more"));
    expect(await screen.findByTestId("error-detail")).toHaveTextContent(
      "The products cannot be read now.",
    );
    expect(await cards()).toHaveLength(1);
    fails = false;
    await user.click(screen.getByTestId("retry"));
    await waitFor(async () => {
      expect(await cards()).toHaveLength(2);
    });
  });
});

test("an error shows detail and correlation id, and can be tried again", async () => {
  let fails = true;
  serve(() =>
    fails
      ? problem(500, "The products could not be read.", "corr-42")
      : json({ items: [product("a")] }),
  );
  const { user } = open("/");
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("The products could not be read.");
  expect(within(alert).getByTestId("correlation-id")).toHaveTextContent("corr-42");
  fails = false;
  await user.click(within(alert).getByRole("button", { name: "Try again" }));
  expect(await cards()).toHaveLength(1);
  expect(screen.queryByRole("alert")).not.toBeInTheDocument();
});

test("an empty result leads back to all products", async () => {
  serve((url) => json({ items: url.searchParams.has("q") ? [] : [product("a")] }));
  const { user, address } = open("/?q=unicorn");
  await user.click(await screen.findByRole("link", { name: "Show all products" }));
  expect(address()).toBe("/");
  expect(await cards()).toHaveLength(1);
});

test("without its configuration the shop says so and tries again", async () => {
  let fails = true;
  serve(() => json({ items: [product("a")] }));
  const network = fetch;
  vi.stubGlobal("fetch", (url: string, init: RequestInit) =>
    fails && url === "/config.json" ? Promise.reject(new TypeError("offline")) : network(url, init),
  );
  const { user } = open("/");
  expect(await screen.findByRole("alert")).toHaveTextContent("The shop cannot be reached.");
  fails = false;
  await user.click(screen.getByTestId("retry"));
  expect(await cards()).toHaveLength(1);
});
