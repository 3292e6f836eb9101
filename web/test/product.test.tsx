import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { json, open, problem, product, serve } from "./shop";

const lamp = product("lamp", {
  name: "Brass Lamp",
  category: "desk-office",
  description: "Warm light.\n\nTurns in all directions.",
  priceCents: 12950,
  stock: 2,
});

test("shows everything about the product", async () => {
  serve((url) => json(url.pathname === "/api/products/lamp" ? lamp : { items: [lamp] }));
  open("/products/lamp");
  expect(await screen.findByRole("heading", { level: 1 })).toHaveTextContent("Brass Lamp");
  expect(screen.getByRole("img", { name: "Brass Lamp" })).toHaveAttribute(
    "src",
    "/media/products/lamp.svg",
  );
  expect(screen.getByTestId("price")).toHaveTextContent("€129.50");
  expect(screen.getByTestId("stock")).toHaveTextContent("Only 2 left");
  expect(within(screen.getByTestId("description")).getAllByRole("paragraph")).toHaveLength(2);
  const breadcrumbs = screen.getByRole("navigation", { name: "Breadcrumbs" });
  expect(within(breadcrumbs).getByRole("link", { name: "Desk & office" })).toHaveAttribute(
    "href",
    "/?category=desk-office",
  );
  expect(document.title).toBe("Brass Lamp – Nordlicht");
});

test("offers others of the same category, but not itself", async () => {
  const others = ["a", "b", "c", "d"].map((id) => product(id, { category: "desk-office" }));
  const shop = serve((url) =>
    json(
      url.pathname === "/api/products/lamp"
        ? lamp
        : { items: [lamp, ...others], nextCursor: "more" },
    ),
  );
  open("/products/lamp");
  const related = within(await screen.findByTestId("related")).getAllByTestId("product-card");
  expect(related.map((card) => card.dataset.productId)).toEqual(["a", "b", "c", "d"]);
  expect(shop.lists()[0]?.get("category")).toBe("desk-office");
});

test("shows the other pictures on request", async () => {
  const many = { ...lamp, images: ["/media/1.svg", "/media/2.svg"] };
  serve((url) => json(url.pathname === "/api/products/lamp" ? many : { items: [] }));
  const { user } = open("/products/lamp");
  await user.click(await screen.findByRole("button", { name: "Picture 2 of 2" }));
  expect(screen.getByRole("img", { name: "Brass Lamp" })).toHaveAttribute("src", "/media/2.svg");
});

test("a product that does not exist leads back to the shop", async () => {
  serve(() => problem(404, "There is no product of this id."));
  open("/products/nothing");
  expect(await screen.findByText("This product does not exist")).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Show all products" })).toHaveAttribute("href", "/");
});

test("an error can be tried again, and missing related products are no error", async () => {
  let fails = true;
  serve((url) => {
    if (url.pathname === "/api/products") return problem(500, "No list.");
    return fails ? problem(500, "The product could not be read.", "corr-9") : json(lamp);
  });
  const { user } = open("/products/lamp");
  expect(await screen.findByTestId("correlation-id")).toHaveTextContent("corr-9");
  fails = false;
  await user.click(screen.getByTestId("retry"));
  expect(await screen.findByRole("heading", { level: 1 })).toHaveTextContent("Brass Lamp");
  expect(screen.queryByRole("alert")).not.toBeInTheDocument();
});

test("the grid's knowledge is shown while the product is loading", async () => {
  serve((url) =>
    url.pathname === "/api/products"
      ? json({ items: [lamp] })
      : new Promise<Response>(() => undefined),
  );
  const { user } = open("/");
  await user.click(await screen.findByTestId("product-card"));
  expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent("Brass Lamp");
});

test("an unknown address is a page of its own", async () => {
  serve(() => json({ items: [] }));
  open("/no/such/page");
  expect(await screen.findByText("There is no page at this address")).toBeInTheDocument();
});
