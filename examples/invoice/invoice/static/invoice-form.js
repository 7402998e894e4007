// Adds and removes lines, and shows the sums while typing. The server computes what is stored: this is a preview.
"use strict";

(() => {
  const section = document.querySelector("[data-lines]");
  if (!section) return;
  const rows = section.querySelector("[data-rows]");
  const add = section.querySelector("[data-add]");
  const sums = section.querySelector("[data-sums]");
  const language = document.documentElement.lang;
  const blank = rows.querySelector("[data-line]").cloneNode(true);
  let next = Number(section.dataset.next);

  const yen = (amount) => (amount < 0n ? "-¥" : "¥") + (amount < 0n ? -amount : amount).toLocaleString(language);
  const plain = (text) => text.normalize("NFKC").replaceAll(",", "").trim();

  // Exact: quantities in thousandths, everything else in whole numbers.
  const thousandths = (text) => {
    const match = /^(\d+)(?:\.(\d{1,3}))?$/.exec(plain(text));
    return match ? BigInt(match[1]) * 1000n + BigInt((match[2] ?? "").padEnd(3, "0")) : null;
  };
  const whole = (text) => (/^[-−]?\d+$/.test(plain(text)) ? BigInt(plain(text).replace("−", "-")) : null);

  const rounded = (amount, divisor) => {
    const negative = amount < 0n;
    const size = negative ? -amount : amount;
    const extra = { floor: 0n, half_up: divisor / 2n, ceiling: divisor - 1n }[section.dataset.rounding];
    const result = (size + extra) / divisor;
    return negative ? -result : result;
  };

  const field = (line, name) => line.querySelector(`[name$="-${name}"]`);

  const update = () => {
    const nets = new Map();
    for (const line of rows.querySelectorAll("[data-line]")) {
      const quantity = thousandths(field(line, "quantity").value);
      const price = whole(field(line, "unit_price_yen").value);
      const known = quantity !== null && price !== null;
      const net = known ? rounded(quantity * price, 1000n) : 0n;
      line.querySelector("[data-amount]").textContent = known ? yen(net) : "";
      const rate = field(line, "tax_rate").value;
      if (known) nets.set(rate, (nets.get(rate) ?? 0n) + net);
    }
    let total = 0n;
    for (const part of sums.querySelectorAll("[data-rate]")) {
      const net = nets.get(part.dataset.rate);
      part.hidden = net === undefined;
      if (net === undefined) continue;
      const tax = rounded(net * BigInt(part.dataset.rate), 100n);
      part.querySelector("[data-net]").textContent = yen(net);
      part.querySelector("[data-tax]").textContent = yen(tax);
      total += net + tax;
    }
    sums.querySelector("[data-total]").textContent = yen(total);
    sums.hidden = nets.size === 0;
    const count = rows.querySelectorAll("[data-line]").length;
    for (const button of rows.querySelectorAll("[data-remove]")) button.hidden = count < 2;
    add.disabled = count >= Number(section.dataset.max);
  };

  const addLine = () => {
    const line = blank.cloneNode(true);
    for (const list of line.querySelectorAll(".errors")) list.remove();
    for (const input of line.querySelectorAll("input, select")) {
      const name = input.name.replace(/^lines-\d+/, `lines-${next}`);
      line.querySelector(`label[for="${input.id}"]`).htmlFor = name;
      input.id = input.name = name;
      if (input.tagName === "SELECT") input.selectedIndex = 0;
      else input.value = "";
    }
    next += 1;
    rows.append(line);
    update();
    field(line, "description").focus();
  };

  add.addEventListener("click", (event) => {
    event.preventDefault();
    addLine();
  });
  rows.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    button.closest("[data-line]").remove();
    update();
  });
  section.addEventListener("input", update);
  update();
})();
