#include "formats/exchange/arrow_stream.h"

#include <flatbuffers/flatbuffers.h>

#include <bit>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "base/utf8.h"

namespace chartline::exchange {
namespace {

static_assert(std::endian::native == std::endian::little, "columns are written as they lie in memory");

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using Table = Offset<flatbuffers::Table>;
using Tables = Offset<flatbuffers::Vector<Table>>;

// The fields of Arrow's tables (Message.fbs, Schema.fbs), by their place in the table.
constexpr flatbuffers::voffset_t field(int place) { return static_cast<flatbuffers::voffset_t>(4 + 2 * place); }

constexpr std::int16_t version_5 = 4;
enum class Header : std::uint8_t { schema = 1, record_batch = 3 };
enum class TypeTable : std::uint8_t { integer = 2, floating_point = 3, utf8 = 5, boolean = 6 };
constexpr std::int16_t double_precision = 2;

struct FieldNode {
  std::int64_t rows, nulls;
};
struct Extent {
  std::int64_t offset, bytes;
};

TypeTable table_of(ArrowType type) {
  switch (type) {
    case ArrowType::boolean: return TypeTable::boolean;
    case ArrowType::int64: return TypeTable::integer;
    case ArrowType::float64: return TypeTable::floating_point;
    case ArrowType::utf8: return TypeTable::utf8;
  }
  return TypeTable::utf8;
}

Table add_type(FlatBufferBuilder& builder, ArrowType type) {
  const auto start = builder.StartTable();
  if (type == ArrowType::int64) {
    builder.AddElement<std::int32_t>(field(0), 64, 0);
    builder.AddElement<std::uint8_t>(field(1), 1, 0);  // signed
  }
  if (type == ArrowType::float64) builder.AddElement<std::int16_t>(field(0), double_precision, 0);
  return Table(builder.EndTable(start));
}

Tables add_metadata(FlatBufferBuilder& builder, const ArrowMetadata& metadata) {
  std::vector<Table> pairs;
  for (const auto& [name, value] : metadata) {
    const auto key = builder.CreateString(name), text = builder.CreateString(value);
    const auto start = builder.StartTable();
    builder.AddOffset(field(0), key);
    builder.AddOffset(field(1), text);
    pairs.emplace_back(builder.EndTable(start));
  }
  return builder.CreateVector(pairs);
}

Table add_field(FlatBufferBuilder& builder, const ArrowField& column) {
  const auto name = builder.CreateString(column.name);
  const Table type = add_type(builder, column.type);
  const Tables children = builder.CreateVector(std::vector<Table>());  // some readers want it even where empty
  const Tables metadata = add_metadata(builder, column.metadata);
  const auto start = builder.StartTable();
  builder.AddOffset(field(0), name);
  builder.AddElement<std::uint8_t>(field(1), 1, 0);  // nullable
  builder.AddElement(field(2), static_cast<std::uint8_t>(table_of(column.type)), std::uint8_t{0});
  builder.AddOffset(field(3), type);
  builder.AddOffset(field(5), children);
  builder.AddOffset(field(6), metadata);
  return Table(builder.EndTable(start));
}

std::string_view finish(FlatBufferBuilder& builder, Header kind, Table header, std::size_t body_bytes) {
  const auto start = builder.StartTable();
  builder.AddElement<std::int16_t>(field(0), version_5, 0);
  builder.AddElement(field(1), static_cast<std::uint8_t>(kind), std::uint8_t{0});
  builder.AddOffset(field(2), header);
  builder.AddElement<std::int64_t>(field(3), static_cast<std::int64_t>(body_bytes), 0);
  builder.Finish(Table(builder.EndTable(start)));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

void pad(std::string& bytes) { bytes.resize((bytes.size() + 7) / 8 * 8); }

std::string length_bytes(std::size_t length) {
  const auto number = static_cast<std::uint32_t>(length);
  std::string out(sizeof number, '\0');
  std::memcpy(out.data(), &number, sizeof number);
  return out;
}

constexpr std::string_view continuation = "\xFF\xFF\xFF\xFF";

}  // namespace

void ArrowColumn::add_row() {
  if (rows_ % 8 == 0) validity_ += '\0';
  validity_.back() = static_cast<char>(validity_.back() | 1 << rows_ % 8);
  ++rows_;
}

void ArrowColumn::add_bytes(const void* bytes, std::size_t count) {
  values_.append(static_cast<const char*>(bytes), count);
}

void ArrowColumn::add_null() {
  switch (type_) {
    case ArrowType::boolean: add(false); break;
    case ArrowType::int64: add(std::int64_t{0}); break;
    case ArrowType::float64: add(0.0); break;
    case ArrowType::utf8: add(std::string_view()); break;
  }
  validity_.back() = static_cast<char>(validity_.back() & ~(1 << (rows_ - 1) % 8));
  ++nulls_;
}

void ArrowColumn::add(bool value) {
  check(type_ == ArrowType::boolean, "a truth is added to an arrow column of another type");
  if (rows_ % 8 == 0) values_ += '\0';
  if (value) values_.back() = static_cast<char>(values_.back() | 1 << rows_ % 8);
  add_row();
}

void ArrowColumn::add(std::int64_t value) {
  check(type_ == ArrowType::int64, "an integer is added to an arrow column of another type");
  add_bytes(&value, sizeof value);
  add_row();
}

void ArrowColumn::add(double value) {
  check(type_ == ArrowType::float64, "a number is added to an arrow column of another type");
  add_bytes(&value, sizeof value);
  add_row();
}

void ArrowColumn::add(std::string_view text) {
  check(type_ == ArrowType::utf8, "a text is added to an arrow column of another type");
  append_utf8(values_, text);
  offsets_ += length_bytes(values_.size());
  add_row();
}

Result<ArrowStream> ArrowStream::begin(std::vector<ArrowField> fields, const ArrowMetadata& metadata, Sink sink) {
  FlatBufferBuilder builder;
  std::vector<Table> columns;
  for (const ArrowField& column : fields) columns.push_back(add_field(builder, column));
  const Tables all = builder.CreateVector(columns);
  const Tables pairs = add_metadata(builder, metadata);
  const auto start = builder.StartTable();  // endianness is left at its default, little
  builder.AddOffset(field(1), all);
  builder.AddOffset(field(2), pairs);
  const Table schema(builder.EndTable(start));
  ArrowStream stream(std::move(fields), std::move(sink));
  TRY(stream.send(finish(builder, Header::schema, schema, 0), ""));
  return stream;
}

Result<void> ArrowStream::write(const std::vector<ArrowColumn>& columns) {
  check(columns.size() == fields_.size(), "an arrow batch has as many columns as its schema");
  std::string body;
  std::vector<FieldNode> nodes;
  std::vector<Extent> extents;
  const auto add = [&](std::string_view first, std::string_view rest = "") {
    extents.push_back({static_cast<std::int64_t>(body.size()), static_cast<std::int64_t>(first.size() + rest.size())});
    body.append(first).append(rest);
    pad(body);
  };
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const ArrowColumn& column = columns[i];
    check(column.type_ == fields_[i].type && column.rows_ == columns[0].rows_, "an arrow batch fits its schema");
    if (column.values_.size() > std::numeric_limits<std::int32_t>::max())
      return unsupported("a batch holds more than 2 GiB of text in one column, which arrow's utf8 cannot say");
    nodes.push_back({static_cast<std::int64_t>(column.rows_), static_cast<std::int64_t>(column.nulls_)});
    add(column.validity_);
    if (column.type_ == ArrowType::utf8) add(length_bytes(0), column.offsets_);
    add(column.values_);
  }
  FlatBufferBuilder builder;
  const auto node_vector = builder.CreateVectorOfStructs(nodes);
  const auto extent_vector = builder.CreateVectorOfStructs(extents);
  const auto start = builder.StartTable();
  builder.AddElement<std::int64_t>(field(0), columns.empty() ? 0 : static_cast<std::int64_t>(columns[0].rows_), 0);
  builder.AddOffset(field(1), node_vector);
  builder.AddOffset(field(2), extent_vector);
  const Table batch(builder.EndTable(start));
  return send(finish(builder, Header::record_batch, batch, body.size()), body);
}

Result<void> ArrowStream::end() { return sink_(std::string(continuation) + length_bytes(0)); }

Result<void> ArrowStream::send(std::string_view flatbuffer, std::string_view body) {
  std::string head(flatbuffer);
  pad(head);
  TRY(sink_(std::string(continuation) + length_bytes(head.size()) + head));
  return body.empty() ? Result<void>() : sink_(body);
}

}  // namespace chartline::exchange
