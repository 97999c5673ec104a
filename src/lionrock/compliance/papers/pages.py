"""Papers as PDF, for people. What is printed comes as data, so none of it can be taken for instructions."""

from __future__ import annotations

from lionrock.views.typesetting import Printed, set_pages

MOST_PDF_LINES = 2_000
"""Trades or movements on a page; the machine-readable file has them all, and the page says so."""


def typeset(template: str, document: bytes) -> Printed:
    """The PDF of a document, JSON as it is kept. Takes tens of milliseconds a page: not for the event loop's thread."""
    return set_pages(_HEAD + TEMPLATES[template], document)


_HEAD = (
    """
#let d = data
#let most = """
    + str(MOST_PDF_LINES)
    + """
#let ink = rgb("#1d3557")
#let soft = rgb("#f1f4f8")
#let line-colour = rgb("#c9d3df")
#let mono(t) = text(font: fixed, size: 6.6pt, t)
#let grouped(t) = {
  let parts = t.split(".")
  let sign = if parts.at(0).starts-with("-") { "-" } else { "" }
  let digits = parts.at(0).trim("-", at: start)
  let groups = ()
  while digits.len() > 3 {
    groups.insert(0, digits.slice(-3))
    digits = digits.slice(0, -3)
  }
  sign + (digits, ..groups).join(",") + if parts.len() > 1 { "." + parts.at(1) } else { "" }
}
#let amount(t) = mono(grouped(t))
#let num(t) = align(right, amount(t))
#let short(t) = if t.contains("T") { t.slice(0, 10) + " " + t.slice(11, 23) + " " + t.slice(-6) } else { t }
#let day(t) = t.slice(0, 10)
#let clock(t) = t.slice(11, 23)
#set text(size: 9.5pt)
#set par(leading: 0.55em)
#set table(stroke: (x, y) => (bottom: 0.4pt + line-colour), inset: (x: 4pt, y: 3.5pt),
  fill: (x, y) => if y == 0 { soft })
#show table.cell.where(y: 0): strong
#show heading.where(level: 1): it => text(size: 17pt, fill: ink, it.body)
#show heading.where(level: 2): it => block(above: 14pt, below: 7pt, text(size: 11pt, fill: ink, it.body))
#let number = d.at("paper_id", default: d.at("return_id", default: ""))
#let sheet(title, body) = {
  set document(title: title + " " + number, date: none)
  set page(paper: "a4", margin: (x: 16mm, top: 18mm, bottom: 20mm),
    footer: context [#line(length: 100%, stroke: 0.4pt + line-colour)
      #text(size: 7.5pt)[#title #mono(number) #h(1fr) #counter(page).display("1 / 1", both: true)]])
  grid(columns: (1fr, auto), align: (left + bottom, right + bottom),
    heading(level: 1, title),
    [#text(weight: "bold", said(d.entity.name)) \\ #text(size: 8.5pt)[#said(d.entity.address)
      #if d.entity.licence != "" [ \\ #said(d.entity.licence) ]]])
  line(length: 100%, stroke: 1.2pt + ink)
  body
  if "recorded_at" in d {
    [== Where it is recorded
     Drawn from the venue's journal up to command #mono(d.recorded_at.journal_sequence), frame
     #mono(d.recorded_at.journal_frames):
     #linebreak() #mono(d.recorded_at.journal_frame_hash) ]
  }
  if "client" in d and d.entity.contact != "" [ \\ Questions or objections: #said(d.entity.contact) ]
  if told-undrawn != none [ \\ #told-undrawn ]
}
#let facts(..rows) = block(above: 8pt, {
  set text(size: 9pt)
  show text.where(font: fixed): set text(size: 7.4pt)
  grid(columns: (auto, 1fr), column-gutter: 12pt, row-gutter: 5.5pt,
  ..rows.pos().map(r => (text(fill: ink, r.at(0)), r.at(1))).flatten())
})
#let who() = (("Client", {
  if d.client.name != "" [#said(d.client.name) #linebreak()]
  for each in d.client.address [#said(each) #linebreak()]
  [No. #mono(d.client.client_id)]
}), ("Account", mono(d.client.account_id)))
#let named(r) = [#said(r.name) #if r.remark != "" [#text(size: 8pt)[(#said(r.remark))]]]
#let cut(rows) = rows.slice(0, calc.min(rows.len(), most))
#let rest(rows) = if rows.len() > most [#emph[#(rows.len() - most) further lines are in the
  machine-readable file of this document.]]
"""
)

_CONTRACT_NOTE = """
#sheet("Contract note")[
  #facts(..who(),
    ("Trading day", [#day(d.period.begins) (#d.period.time_zone)]),
    ("Prepared", mono(short(d.prepared_at))),
    ("Capacity", [The operator acted as #d.capacity. Settlement was immediate, in the same ledger entry.]))
  == Trades
  #table(columns: (auto, auto, auto, 1fr, 1fr, 1fr, 1fr),
    align: (left, left, left, right, right, right, right),
    table.header([Time], [Trade \\ order], [Side], [Quantity], [Price], [Consideration], [Fee charged]),
    ..cut(d.trades).map(t => (
      [#mono(clock(t.traded_at)) \\ #text(size: 7.5pt, t.liquidity)],
      [#mono(t.trade_id) \\ #mono(t.order_id)],
      [#t.side #if t.is_cancelled [\\ #emph[booked back]]],
      [#amount(t.quantity) \\ #text(size: 7.5pt, t.asset)],
      [#amount(t.price) \\ #text(size: 7.5pt, t.currency)],
      [#amount(t.consideration) \\ #text(size: 7.5pt, t.currency)],
      [#amount(t.fees) \\ #text(size: 7.5pt, t.fee_asset)],
    )).flatten())
  #rest(d.trades)
  == Sums of the day
  #table(columns: (auto, 1fr, 1fr, 1fr, 1fr), align: (left, right, right, right, right),
    table.header([Asset], [Received], [Paid], [Fees], [Change of the account]),
    ..d.totals.map(t => (t.asset, num(t.received), num(t.paid), num(t.fees), num(t.net))).flatten())
  A fee below zero is a rebate. Trades that were booked back count in no sum.
]
"""

_STATEMENT = """
#let title = if d.kind == "daily_statement" { "Daily statement" } else if d.kind == "monthly_statement" {
  "Monthly statement" } else { "Position statement" }
#let balances(rows) = table(columns: (auto, 1fr, 1fr, 1fr), align: (left, right, right, right),
  table.header([Asset], [Available], [Held], [Total]),
  ..rows.map(b => (b.asset, num(b.available), num(b.held), num(b.total))).flatten())
#sheet(title)[
  #facts(..who(),
    ("Period", [#mono(short(d.period.begins)) to #mono(short(d.period.ends)), the latter not included]),
    ("Prepared", mono(short(d.prepared_at))))
  == Opening balances
  #balances(d.opening_balances)
  == Movements
  #if d.movements.len() == 0 [Nothing moved.] else {
    table(columns: (auto, auto, auto, 1fr, 1fr), align: (left, left, left, right, right),
      table.header([Time \\ entry], [Asset], [What \\ reference], [Change], [Total after]),
      ..cut(d.movements).map(m => (
        [#mono(short(m.at)) \\ #mono(m.entry_id)], m.asset,
        [#lower(m.what.replace("_", " ")) \\ #mono(m.reference_id)], num(m.change), num(m.total_after),
      )).flatten())
    rest(d.movements)
  }
  == Fees charged
  #if d.fees.len() == 0 [None.] else {
    table(columns: (auto, 1fr), align: (left, right), table.header([Asset], [Amount]),
      ..d.fees.map(f => (f.asset, num(f.amount))).flatten())
  }
  == Closing balances
  #balances(d.closing_balances)
  Opening balances and movements come to the closing balances for every asset; otherwise there is no statement.
  Held is what is set aside for open orders and withdrawals.
]
"""

_RECEIPT = """
#sheet(if d.direction == "deposit" { "Receipt" } else { "Withdrawal receipt" })[
  #facts(..who(),
    (if d.direction == "deposit" { "Received" } else { "Paid out" }, mono(short(d.received_at))),
    ("Amount", [#text(weight: "bold")[#grouped(d.quantity) #d.asset]]),
    (if d.direction == "deposit" { "Credited to account" } else { "Charged to account" }, mono(d.account)),
    ("Balance after", [#grouped(d.balance_after) #d.asset]),
    ("Ledger entry", mono(d.ledger_entry)),
    ("Prepared", mono(short(d.prepared_at))))
]
"""

_RETURN = """
#let lines(rows, name: "Line") = if rows.len() == 0 [None.] else {
  table(columns: (1fr, auto, auto), align: (left, right, left),
    table.header([#name], [#d.currency], []),
    ..rows.map(r => (said(r.name), num(r.amount), text(size: 8pt, said(r.remark)))).flatten())
}
#let title = if d.kind == "annual_return" { "Annual return" } else if d.kind == "net_liquid_assets_return" {
  "Return of net liquid assets" } else { "Monthly return" }
#sheet(title)[
  #facts(("Period", [#mono(short(d.period.begins)) to #mono(short(d.period.ends)), the latter not included]),
    ("Figures as of", mono(short(d.figures_as_of))), ("Prepared", mono(short(d.prepared_at))),
    ("Amounts", [whole units of #d.currency]))
  == (a) Liquid capital
  #table(columns: (1fr, auto), align: (left, right), table.header([], [#d.currency]),
    ..d.liquid_assets.map(r => (named(r), num(r.amount))).flatten(),
    ..d.ranking_liabilities.map(r => ([less #said(r.name)], num(r.amount))).flatten(),
    [*Liquid capital*], num(d.liquid_capital))
  == (b) Required liquid capital
  #table(columns: (1fr, auto), align: (left, right), table.header([], [#d.currency]),
    [Required liquid capital], num(d.required_liquid_capital), [*Surplus*], num(d.surplus),
    [Paid-up share capital], num(d.paid_up_capital))
  == (c) Bank facilities
  #lines(d.bank_facilities, name: "Bank")
  == (d) Client assets
  #if d.client_assets.len() == 0 [None.] else { table(columns: (1fr, auto), align: (left, right),
    table.header([Asset], [Amount]), ..d.client_assets.map(a => (a.asset, num(a.amount))).flatten()) }
  == (e) Profit and loss
  #table(columns: (1fr, auto), align: (left, right), table.header([], [#d.currency]),
    ..d.profit_and_loss.map(r => (said(r.name), num(r.amount))).flatten(), [*Result*], num(d.result))
  == What must be told
  #if d.alarms.len() == 0 [Nothing.] else { list(..d.alarms.map(said)) }
  == Where it rests
  Approved figures #mono(d.figures_sha256) \\ The venue's ledger up to command #mono(d.cut_off_sequence),
  the last before the cut-off.
]
"""

_STATISTICS = """
#sheet("Monthly statistics")[
  #facts(("Period", [#mono(short(d.period.begins)) to #mono(short(d.period.ends)), the latter not included]),
    ("Figures as of", mono(short(d.figures_as_of))), ("Prepared", mono(short(d.prepared_at))),
    ("Clients", [#d.clients, of whom #d.clients_that_traded traded]), ("Trades", d.trades))
  == Volume on the platform
  #if d.volume_on_platform.len() == 0 [None.] else { table(columns: (auto, 1fr, auto, 1fr, auto, auto),
    align: (left, right, left, right, left, right),
    table.header([Market], [Quantity], [], [Value], [], [Trades]),
    ..d.volume_on_platform.map(v => (v.market, num(v.quantity), v.asset, num(v.value), v.currency,
      num(str(v.trades)))).flatten()) }
  == Volume off the platform
  #if d.volume_off_platform_by_asset.len() == 0 [None.] else { table(columns: (1fr, auto), align: (left, right),
    table.header([Asset], [#d.currency]),
    ..d.volume_off_platform_by_asset.map(r => (said(r.name), num(r.amount))).flatten()) }
  == Assets of clients
  #if d.client_assets.len() == 0 [None.] else { table(columns: (1fr, auto), align: (left, right),
    table.header([Asset], [Amount]), ..d.client_assets.map(a => (a.asset, num(a.amount))).flatten()) }
  == Operating expenses and what pays them
  #table(columns: (1fr, auto), align: (left, right), table.header([Month], [#d.currency]),
    ..d.operating_expenses.map(r => (said(r.name), num(r.amount))).flatten(),
    [*Twelve months*], num(d.operating_expenses_12_months), [*Liquid assets*], num(d.liquid_assets))
  == Where it rests
  Approved figures #mono(d.figures_sha256) \\ The venue's ledger up to command #mono(d.cut_off_sequence),
  the last before the cut-off.
]
"""

_RECONCILIATION = """
#sheet("Reconciliation of liquid assets")[
  #facts(("Day", [#day(d.period.begins) (#d.period.time_zone)]),
    ("Figures as of", mono(short(d.figures_as_of))), ("Prepared", mono(short(d.prepared_at))))
  == Differences
  #if d.differences.len() == 0 [None.] else { list(..d.differences.map(said)) }
  == Assets of clients
  #if d.client_assets.len() == 0 [None.] else { table(columns: (auto, 1fr, 1fr, 1fr, 1fr, auto),
    align: (left, right, right, right, right, left),
    table.header([Asset], [Owed to clients], [Own], [Held], [At banks], []),
    ..d.client_assets.map(a => (a.asset, num(a.owed_to_clients), num(a.own), num(a.in_custody),
      num(a.at_banks), text(size: 8pt, said(a.remark)))).flatten()) }
  == Net liquid assets
  #table(columns: (1fr, auto), align: (left, right), table.header([], [#d.currency]),
    ..d.liquid_assets.map(r => (named(r), num(r.amount))).flatten(),
    ..d.ranking_liabilities.map(r => ([less #said(r.name)], num(r.amount))).flatten(),
    [*Net liquid assets*], num(d.net_liquid_assets), [Needed], num(d.needed), [*Surplus*], num(d.surplus))
  == Where it rests
  Approved figures #mono(d.figures_sha256) \\ The venue's ledger up to command #mono(d.cut_off_sequence),
  the last before the cut-off.
]
"""

_CYBER_RETURN = """
#let stated(each) = (each.subject.replace("_", " "), mono(each.document_sha256),
  [#mono(each.stated_by) \\ #mono(each.approved_by)], mono(short(each.stated_at)))
#let statements(rows) = table(columns: (auto, 1fr, auto, auto), align: left,
  table.header([What], [SHA-256 of the document], [Attested \\ approved by], [At]), ..rows.map(stated).flatten())
#sheet("Return on cyber risk")[
  #facts(("Period", [#mono(short(d.period.begins)) to #mono(short(d.period.ends)), the latter not included]),
    ("Prepared", mono(short(d.prepared_at))))
  == The return
  #statements((d.statement,))
  == Audits of the year
  #if d.audits.len() == 0 [None was attested.] else { statements(d.audits) }
]
"""

TEMPLATES: dict[str, str] = {
    "contract_note": _CONTRACT_NOTE,
    "daily_statement": _STATEMENT,
    "monthly_statement": _STATEMENT,
    "position_statement": _STATEMENT,
    "receipt": _RECEIPT,
    "return": _RETURN,
    "monthly_statistics": _STATISTICS,
    "reconciliation": _RECONCILIATION,
    "cyber_return": _CYBER_RETURN,
}
"""By the kind of the document; `return` for monthly and annual ones."""
