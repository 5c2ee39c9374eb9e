#include "server/result_pages.h"

#include <algorithm>

#include "formats/wire/events_writer.h"

namespace chartline::server {
namespace {

using query::Cell;

// The numbers of wire::Cells::forms; their order is that of query::Cell.
std::uint8_t form_of(const Cell& cell) { return static_cast<std::uint8_t>(cell.index()); }

template <typename Item>
std::size_t count(const std::vector<Cell>& cells) {
  return static_cast<std::size_t>(
      std::ranges::count_if(cells, [](const Cell& cell) { return std::holds_alternative<Item>(cell); }));
}

// Calls `put` with the place among its own kind, for each cell that holds an Item.
template <typename Item, typename Init, typename Put>
void write_each(const std::vector<Cell>& cells, Init init, Put put) {
  const std::size_t n = count<Item>(cells);
  if (n == 0) return;
  auto list = init(static_cast<unsigned>(n));
  unsigned i = 0;
  for (const Cell& cell : cells)
    if (const Item* item = std::get_if<Item>(&cell)) put(list, i++, *item);
}

void write(const std::vector<Cell>& cells, wire::Cells::Builder into) {
  if (cells.empty()) return;
  const bool alike = std::ranges::all_of(cells, [&](const Cell& cell) { return cell.index() == cells.front().index(); });
  auto forms = into.initForms(alike ? 1 : static_cast<unsigned>(cells.size()));
  for (unsigned i = 0; i < forms.size(); ++i) forms.set(i, form_of(cells[i]));

  if (const std::size_t n = count<bool>(cells) + count<std::int64_t>(cells); n > 0) {
    auto list = into.initIntegers(static_cast<unsigned>(n));
    unsigned i = 0;
    for (const Cell& cell : cells) {
      if (const bool* truth = std::get_if<bool>(&cell)) list.set(i++, *truth);
      if (const std::int64_t* number = std::get_if<std::int64_t>(&cell)) list.set(i++, *number);
    }
  }
  write_each<double>(
      cells, [&](unsigned n) { return into.initNumbers(n); },
      [](auto& list, unsigned i, double number) { list.set(i, number); });
  write_each<record::Time>(
      cells, [&](unsigned n) { return into.initTimes(n); },
      [](auto& list, unsigned i, const record::Time& time) { wire::write(time, list[i]); });
  write_each<std::string>(
      cells, [&](unsigned n) { return into.initTexts(n); },
      [](auto& list, unsigned i, const std::string& text) {
        wire::put_text(text, [&](unsigned size) { return list.init(i, size); });
      });
}

}  // namespace

void write(const query::Schema& schema, wire::Schema::Builder into) {
  into.setStatement(schema.statement);
  into.setText(schema.text);
  auto columns = into.initColumns(static_cast<unsigned>(schema.columns.size()));
  for (unsigned i = 0; i < columns.size(); ++i) {
    columns[i].setName(schema.columns[i].name);
    columns[i].setForm(static_cast<std::uint8_t>(schema.columns[i].form));
    columns[i].setUnit(schema.columns[i].unit);
  }
}

void write(const query::Batch& batch, wire::Rows::Builder into) {
  into.setCount(static_cast<std::uint32_t>(batch.rows()));
  auto columns = into.initColumns(static_cast<unsigned>(batch.columns.size()));
  for (unsigned i = 0; i < columns.size(); ++i) write(batch.columns[i], columns[i]);
}

void write(const std::vector<query::Complaint>& complaints, capnp::List<wire::Complaint>::Builder into) {
  for (unsigned i = 0; i < into.size(); ++i) {
    into[i].setBegin(complaints[i].span.begin);
    into[i].setEnd(complaints[i].span.end);
    into[i].setMessage(complaints[i].message);
    into[i].setExpected(complaints[i].expected);
    into[i].setSuggestion(complaints[i].suggestion);
  }
}

}  // namespace chartline::server
