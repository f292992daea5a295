(() => {
  "use strict";
  // Positions in a packed finding and in its records: CARD_FIELDS and *_RECORD of cards.py.
  const F = { id: 0, taxpayer: 1, direction: 2, cause: 3, basis: 4, stake: 5, isNew: 6, since: 7, age: 8, overdue: 9,
    party: 10, partyId: 11, zh: 12, en: 13, vouchers: 14, difference: 15, fields: 16, whyNot: 17, decision: 18,
    upstreamCount: 19, upstream: 20, ledgerCount: 21, ledger: 22, candidates: 23 };
  const STEP = 50, PRINTED = 300;
  const root = document.documentElement;
  const at = (id) => document.getElementById(id);
  const all = (query) => Array.from(document.querySelectorAll(query));
  const words = JSON.parse(at("words").textContent);
  const cards = [], texts = [];
  let language = root.dataset.lang, party = "", found = [], drawn = 0;

  const say = (zh, en) => (language === "zh" ? zh : en);
  const word = (code) => { const pair = words.codes[code]; return pair ? say(pair[0], pair[1]) : code; };
  const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");
  const money = (text) => {
    if (text === null || text === undefined) { return "—"; }
    const [whole, cents] = text.split(".");
    return whole.replace(/\B(?=(\d{3})+$)/g, ",") + "." + (cents || "00");
  };
  const fen = (number) => {
    const digits = String(Math.abs(number)).padStart(3, "0");
    return (number < 0 ? "-" : "") + money(digits.slice(0, -2) + "." + digits.slice(-2));
  };
  const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/(\d),(?=\d)/g, "$1");

  function make(tag, kind, parts) {
    const node = document.createElement(tag);
    if (kind) { node.className = kind; }
    [].concat(parts === undefined ? [] : parts).forEach((part) => { if (part !== null) { node.append(part); } });
    return node;
  }

  function drawRecords(rows, total, isUpstream) {
    const table = make("table", "records"), title = make("caption", "", say(...(isUpstream ? ["税务系统", "Tax system"] : ["账上", "Ledger"])));
    if (total > rows.length) { title.append(" ", make("span", "soft", say(`共 ${total} 条，列出 ${rows.length} 条`, `${rows.length} of ${total} shown`))); }
    const heads = [["号码", "number"], ["日期", "date"], ["对方", "party"], ["金额", "amount"], ["税额", "tax"], ["价税合计", "total"], ["出处", "source"]];
    table.append(title, make("thead", "", make("tr", "", heads.map(([zh, en], place) => make("th", place > 2 && place < 6 ? "n" : "", say(zh, en))))));
    rows.forEach((row) => {
      const number = make("td", "num", row[0] || "—");
      if (row[7]) { number.append(" ", make("span", "tag", isUpstream ? word(row[7]) : row[7])); }
      table.append(make("tr", "", [number, make("td", "nb", row[1] || ""),
        make("td", "break", [row[2] || "", " ", make("span", "soft", row[3] || "")]),
        make("td", "n am", money(row[4])), make("td", "n tx", money(row[5])), make("td", "n tt", make("b", "", money(row[6]))),
        make("td", "soft break", row[8] || "")]));
    });
    return make("div", "wide", table);
  }

  function drawEvidence(card) {
    const parts = [];
    if (card[F.upstream]) { parts.push(drawRecords(card[F.upstream], card[F.upstreamCount], true)); }
    if (card[F.ledger]) { parts.push(drawRecords(card[F.ledger], card[F.ledgerCount], false)); }
    if (card[F.fields]) { parts.push(make("p", "", say("不同：", "Differs: ") + card[F.fields].map(word).join(say("、", ", ")))); }
    if (card[F.whyNot]) {
      const why = words.guards[card[F.whyNot]] || [card[F.whyNot], card[F.whyNot]];
      parts.push(make("p", "", say("未关联的原因：", "Not linked because: ") + say(why[0], why[1])));
    }
    (card[F.candidates] || []).forEach((other) => parts.push(make("p", "soft",
      [card[F.cause] === "booked_twice" ? say("已入账", "booked already") : say("候选", "candidate"), other[0], other[1], other[2], money(other[3])].filter(Boolean).join("  "))));
    parts.push(make("p", "soft", make("code", "", "fapiao explain " + card[F.id])));
    return parts;
  }

  function drawCard(card) {
    const top = make("div", "top", make("span", "tag", word(card[F.cause])));
    if (card[F.isNew]) { top.append(make("span", "tag new", say("新", "new"))); }
    if (card[F.overdue]) { top.append(make("span", "tag due", say("逾期", "overdue"))); }
    if (card[F.decision]) { top.append(make("span", "tag", word(card[F.decision]))); }
    if (card[F.basis] === "likely") { top.append(make("span", "tag", word("likely"))); }
    top.append(make("b", "", fen(card[F.stake])));
    const meta = make("p", "meta");
    if (card[F.vouchers]) { meta.append(make("span", "", [say("凭证 ", "voucher "), make("b", "", card[F.vouchers])])); }
    if (card[F.party]) { meta.append(make("span", "", card[F.party])); }
    if (card[F.difference] && card[F.difference] !== "0.00") { meta.append(make("span", "", say("差 ", "difference ") + money(card[F.difference]))); }
    meta.append(make("span", "", (words.many ? (words.names[card[F.taxpayer]] || card[F.taxpayer]) + " " : "") + word(card[F.direction])));
    if (card[F.since]) { meta.append(make("span", "", say("自 ", "open since ") + card[F.since])); }
    const more = make("details", "", make("summary", "", say("证据", "Evidence")));
    more.addEventListener("toggle", () => {
      if (more.open && more.childElementCount === 1) { more.append(...drawEvidence(card)); }
    });
    return make("article", "finding", [top, make("p", "", say(card[F.zh], card[F.en])), meta, more]);
  }

  function drawMore(step) {
    const upTo = Math.min(drawn + step, found.length), part = document.createDocumentFragment();
    for (; drawn < upTo; drawn += 1) { part.append(drawCard(cards[found[drawn]])); }
    at("list").append(part);
    at("more").hidden = drawn >= found.length;
  }

  function textOf(place) {
    if (texts[place] === undefined) {
      const card = cards[place], records = (card[F.upstream] || []).concat(card[F.ledger] || []);
      texts[place] = plain([card[F.id], card[F.zh], card[F.party], card[F.partyId], card[F.vouchers], fen(card[F.stake])]
        .concat(...records.map((row) => [row[0], row[2], row[4], row[6]])).join(" "));
    }
    return texts[place];
  }

  const ORDERS = {
    stake: null,
    age: (a, b) => (cards[b][F.age] || 0) - (cards[a][F.age] || 0) || a - b,
    new: (a, b) => (cards[b][F.since] || "").localeCompare(cards[a][F.since] || "") || a - b,
  };

  function filter() {
    const wanted = plain(at("search").value).split(/\s+/).filter(Boolean);
    const cause = at("cause").value, company = at("company").value;
    const onlyNew = at("only-new").checked, onlyOverdue = at("only-overdue").checked;
    let stake = 0;
    found = [];
    for (let place = 0; place < cards.length; place += 1) {
      const card = cards[place];
      if ((!cause || card[F.cause] === cause) && (!company || card[F.taxpayer] + "|" + card[F.direction] === company) &&
          (!onlyNew || card[F.isNew]) && (!onlyOverdue || card[F.overdue]) && (!party || card[F.party] === party) &&
          wanted.every((text) => textOf(place).includes(text))) {
        found.push(place);
        stake += card[F.stake];
      }
    }
    if (ORDERS[at("order").value]) { found.sort(ORDERS[at("order").value]); }
    at("list").replaceChildren();
    drawn = 0;
    drawMore(STEP);
    at("shown").textContent = say(`${count(found.length)} / ${count(cards.length)} 项，${fen(stake)} 元`,
      `${count(found.length)} of ${count(cards.length)}, ${fen(stake)} CNY`);
    at("party").hidden = !party;
    at("party").textContent = party + " ✕";
    at("reset").hidden = !(wanted.length || cause || company || onlyNew || onlyOverdue || party);
    if (!found.length) { at("list").append(make("p", "soft", say("没有符合的事项，请放宽筛选。", "Nothing fits: widen the filter."))); }
  }

  function clear() {
    ["search", "cause", "company"].forEach((id) => { at(id).value = ""; });
    ["only-new", "only-overdue"].forEach((id) => { at(id).checked = false; });
    party = "";
  }

  function showOnly(change) {
    clear();
    change();
    filter();
    at("findings").scrollIntoView();
  }

  function setLanguage(chosen) {
    language = chosen;
    root.dataset.lang = chosen;
    root.lang = chosen === "zh" ? "zh-CN" : "en";
    all("button[data-set]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.set === chosen)));
    all("option[data-zh]").forEach((option) => { option.textContent = option.dataset[chosen]; });
    const search = at("search");
    if (search) { search.placeholder = search.dataset[chosen]; search.setAttribute("aria-label", search.dataset[chosen]); }
    if (cards.length) { filter(); }
  }

  function listen() {
    let waiting = 0;
    at("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
    ["cause", "company", "order", "only-new", "only-overdue"].forEach((id) => at(id).addEventListener("input", filter));
    at("more").addEventListener("click", () => drawMore(STEP));
    at("reset").addEventListener("click", () => { clear(); filter(); });
    at("party").addEventListener("click", () => { party = ""; filter(); });
    window.addEventListener("beforeprint", () => { if (drawn < PRINTED) { drawMore(PRINTED - drawn); } });
    const picks = { pickCause: (value) => { at("cause").value = value; },
      pickCompany: (value) => { at("company").value = value; }, pickParty: (value) => { party = value; } };
    Object.keys(picks).forEach((key) => all(`[data-${key.replace("C", "-c").replace("P", "-p")}]`).forEach((row) => {
      row.tabIndex = 0;
      row.addEventListener("click", () => showOnly(() => picks[key](row.dataset[key])));
      row.addEventListener("keydown", (event) => { if (event.key === "Enter") { row.click(); } });
    }));
    all("a[data-filter]").forEach((link) => link.addEventListener("click", () => showOnly(() => {
      at("only-new").checked = link.dataset.filter === "new";
      at("only-overdue").checked = link.dataset.filter === "overdue";
    })));
  }

  const unpack = (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  };

  async function load() {
    for (const block of all("script.slice")) {
      const rows = await unpack(block.textContent);
      rows.forEach((row) => cards.push(row));
      block.remove();
      if (cards.length === rows.length) {
        listen();
        at("static-note").hidden = true;
        all(".tools").forEach((tools) => { tools.hidden = false; });
        filter();
      }
    }
    if (cards.length) { filter(); }
    root.dataset.ready = "yes";
  }

  all("button[data-set]").forEach((button) => button.addEventListener("click", () => setLanguage(button.dataset.set)));
  setLanguage(language);
  if (typeof DecompressionStream === "function") {
    load().catch((error) => { root.dataset.ready = "no"; throw error; });
  } else {
    root.dataset.ready = "no"; // an old browser: summaries and the first findings are there, the workbook has the rest
  }
})();
