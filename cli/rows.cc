#include "cli/rows.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/utf8.h"
#include "cli/text.h"

namespace chartline::cli {
namespace {

constexpr std::size_t block_rows = 500;
constexpr std::size_t table_cell_width_max = 60;

void append_json(std::string& out, const Cell& cell) {
  switch (cell.type) {
    case Cell::Type::none: out += "null"; break;
    case Cell::Type::text: append_json_string(out, cell.text); break;
    case Cell::Type::number:
    case Cell::Type::truth: out += cell.text; break;
    case Cell::Type::nested: out += cell.json; break;
  }
}

class NdjsonRows final : public RowWriter {
 public:
  NdjsonRows(std::vector<std::string> columns, Sink sink) : columns_(std::move(columns)), sink_(std::move(sink)) {}
  Result<void> row(const Row& row) override { return sink_(json_object(columns_, row) + "\n"); }
  Result<void> end() override { return {}; }

 private:
  const std::vector<std::string> columns_;
  const Sink sink_;
};

class JsonRows final : public RowWriter {
 public:
  JsonRows(std::vector<std::string> columns, Sink sink) : columns_(std::move(columns)), sink_(std::move(sink)) {}
  Result<void> row(const Row& row) override {
    return sink_((std::exchange(first_, false) ? "[\n" : ",\n") + json_object(columns_, row));
  }
  Result<void> end() override { return sink_(first_ ? "[]\n" : "\n]\n"); }

 private:
  const std::vector<std::string> columns_;
  const Sink sink_;
  bool first_ = true;
};

// RFC 4180, with line feeds.
std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

class CsvRows final : public RowWriter {
 public:
  CsvRows(const std::vector<std::string>& columns, Sink sink) : sink_(std::move(sink)) {
    for (const std::string& column : columns) line_.append(line_.empty() ? "" : ",").append(csv_cell(column));
    line_ += '\n';
  }
  Result<void> row(const Row& row) override {
    for (std::size_t i = 0; i < row.size(); ++i) line_.append(i == 0 ? "" : ",").append(csv_cell(row[i].text));
    line_ += '\n';
    return send();
  }
  Result<void> end() override { return send(); }

 private:
  Result<void> send() { return line_.empty() ? Result<void>() : sink_(std::exchange(line_, {})); }
  std::string line_;  // the header, until something else is sent
  const Sink sink_;
};

class MarkdownRows final : public RowWriter {
 public:
  MarkdownRows(const std::vector<std::string>& columns, Sink sink) : sink_(std::move(sink)) {
    for (const std::string& column : columns) text_ += "| " + escaped(column) + " ";
    text_ += "|\n";
    for (std::size_t i = 0; i < columns.size(); ++i) text_ += "|---";
    text_ += "|\n";
  }
  Result<void> row(const Row& row) override {
    for (const Cell& cell : row) text_ += "| " + escaped(cell.text) + (cell.text.empty() ? "" : " ");
    text_ += "|\n";
    return send();
  }
  Result<void> end() override { return send(); }

 private:
  static std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : printable(text, true)) {
      if (c == '|' || c == '\\') out += '\\';
      out += c;
    }
    return out;
  }
  Result<void> send() { return text_.empty() ? Result<void>() : sink_(std::exchange(text_, {})); }
  std::string text_;
  const Sink sink_;
};

class TableRows final : public RowWriter {
 public:
  TableRows(std::vector<std::string> columns, const Look& look, Sink sink)
      : look_(look),
        sink_(std::move(sink)),
        columns_(std::move(columns)),
        widths_(columns_.size()),
        fractions_(columns_.size()),
        numbers_(columns_.size()) {
    for (std::size_t i = 0; i < columns_.size(); ++i) widths_[i] = display_width(columns_[i]);
  }
  Result<void> row(const Row& row) override {
    block_.push_back(row);
    for (std::size_t i = 0; i < row.size(); ++i) {
      Cell& cell = block_.back()[i];
      cell.text = printable(cell.text, look_.utf8);
      if (look_.terminal) cell.text = fit(cell.text, table_cell_width_max, look_.utf8);
      if (!headed_ && cell.type == Cell::Type::number)
        numbers_[i] = numbers_[i] == Numbers::others ? Numbers::others : Numbers::all;
      if (!headed_ && cell.type != Cell::Type::number && cell.type != Cell::Type::none) numbers_[i] = Numbers::others;
    }
    return block_.size() < block_rows ? Result<void>() : send();
  }
  Result<void> end() override { return send(); }

 private:
  Result<void> send() {
    align_points();
    for (const Row& row : block_)
      for (std::size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], display_width(row[i].text));
    if (!headed_) TRY(sink_(paint(line([&](std::size_t i) { return header(i); }), Ink::bold, look_) + "\n"));
    headed_ = true;
    for (const Row& row : block_) {
      TRY(sink_(line([&](std::size_t i) {
                  return row[i].type == Cell::Type::number ? pad_left(row[i].text, widths_[i])
                                                           : pad_right(row[i].text, widths_[i]);
                }) +
                "\n"));
    }
    block_.clear();
    return {};
  }
  // The points of numbers stand below one another.
  void align_points() {
    const auto behind_point = [](const Cell& cell) {
      const auto point = cell.type == Cell::Type::number ? cell.text.find('.') : std::string::npos;
      return point == std::string::npos ? 0 : cell.text.size() - point;
    };
    for (const Row& row : block_)
      for (std::size_t i = 0; i < row.size(); ++i) fractions_[i] = std::max(fractions_[i], behind_point(row[i]));
    for (Row& row : block_)
      for (std::size_t i = 0; i < row.size(); ++i)
        if (row[i].type == Cell::Type::number) row[i].text.append(fractions_[i] - behind_point(row[i]), ' ');
  }
  // Above numbers it stands right, as they do.
  std::string header(std::size_t i) const {
    return numbers_[i] == Numbers::all ? pad_left(columns_[i], widths_[i]) : pad_right(columns_[i], widths_[i]);
  }
  template <typename CellText>
  std::string line(const CellText& cell) const {
    std::string out;
    for (std::size_t i = 0; i < columns_.size(); ++i) out.append(i == 0 ? "" : "  ").append(cell(i));
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
  }

  const Look look_;
  const Sink sink_;
  const std::vector<std::string> columns_;
  enum class Numbers : std::uint8_t { none, all, others };  // what stands in a column of the first block
  std::vector<std::size_t> widths_;
  std::vector<std::size_t> fractions_;  // widths of the points and what stands behind them
  std::vector<Numbers> numbers_;
  std::vector<Row> block_;
  bool headed_ = false;
};

}  // namespace

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json_object(const std::vector<std::string>& columns, const Row& row) {
  std::string out = "{";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, columns[i]);
    out += ':';
    append_json(out, row[i]);
  }
  return out + "}";
}

Result<Form> form_of(std::string_view word, Form otherwise, Typed typed) {
  if (word.empty()) return otherwise;
  if (word == "table") return Form::table;
  if (word == "csv") return Form::csv;
  if (word == "json") return Form::json;
  if (word == "ndjson") return Form::ndjson;
  if (word == "markdown") return Form::markdown;
  if (word == "arrow" && typed == Typed::yes) return Form::arrow;
  if (word == "arrow") return unsupported("arrow is for results of queries\nuse csv or ndjson");
  return invalid_request("there is no output form '" + std::string(word) + "'");
}

Cell text_cell(std::string_view text) { return text.empty() ? Cell{} : Cell{Cell::Type::text, std::string(text), {}}; }
Cell number_cell(std::string_view digits) { return {Cell::Type::number, std::string(digits), {}}; }
Cell number_cell(std::uint64_t number) { return number_cell(std::to_string(number)); }
Cell truth_cell(bool truth) { return {Cell::Type::truth, truth ? "true" : "false", {}}; }
Cell nested_cell(std::string text, std::string json) { return {Cell::Type::nested, std::move(text), std::move(json)}; }

Cell list_cell(const std::vector<std::string>& items) {
  std::string text, json = "[";
  for (const std::string& item : items) {
    text.append(text.empty() ? "" : "; ").append(item);
    json.append(json.size() > 1 ? "," : "").append(json_text(item));
  }
  return nested_cell(std::move(text), json + "]");
}

std::unique_ptr<RowWriter> row_writer(Form form, std::vector<std::string> columns, const Look& look, Sink sink) {
  switch (form) {
    case Form::csv: return std::make_unique<CsvRows>(columns, std::move(sink));
    case Form::json: return std::make_unique<JsonRows>(std::move(columns), std::move(sink));
    case Form::ndjson: return std::make_unique<NdjsonRows>(std::move(columns), std::move(sink));
    case Form::markdown: return std::make_unique<MarkdownRows>(columns, std::move(sink));
    case Form::arrow: check(false, "arrow has typed columns, not rows of text"); break;
    case Form::table: break;
  }
  return std::make_unique<TableRows>(std::move(columns), look, std::move(sink));
}

Result<void> write_fields(Form form, const std::vector<Field>& fields, Console& console) {
  const Sink sink = [&](std::string_view text) { return console.write(text); };
  if (form == Form::table) {
    std::size_t names = 0, numbers = 0;
    for (const Field& field : fields) {
      names = std::max(names, display_width(field.name));
      if (field.value.type == Cell::Type::number)
        numbers = std::max(numbers, grouped(parse_number(field.value.text).value_or(0)).size());
    }
    for (const Field& field : fields) {
      std::string value = field.value.text.empty() ? "none" : printable(field.value.text, console.out().utf8);
      if (field.value.type == Cell::Type::number) value = pad_left(grouped(parse_number(value).value_or(0)), numbers);
      TRY(sink(paint(pad_right(field.name, names), Ink::dim, console.out()) + "  " + value + "\n"));
    }
    return {};
  }
  std::vector<std::string> columns;
  Row row;
  for (const Field& field : fields) columns.push_back(field.name), row.push_back(field.value);
  if (form == Form::json || form == Form::ndjson) return sink(json_object(columns, row) + "\n");
  const auto writer = row_writer(form, columns, console.out(), sink);
  TRY(writer->row(row));
  return writer->end();
}

}  // namespace chartline::cli
