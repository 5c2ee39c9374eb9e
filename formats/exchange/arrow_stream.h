// Arrow IPC streams: columns of plain values as Apache Arrow's streaming format has them, a schema and then record
// batches, so that memory does not grow with the rows. Every column may be null. A reader finds several streams one
// behind the other as it finds one: each has its end.
//
//   stream  := message(schema) message(batch)* FFFFFFFF 00000000
//   message := FFFFFFFF, length:i32 of what follows up to the body, flatbuffer, padding to 8 bytes; body
//   body    := for each column: validity bits, (offsets:i32[n+1],) values; each padded to 8 bytes, little-endian
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace chartline::exchange {

enum class ArrowType : std::uint8_t { boolean, int64, float64, utf8 };

using ArrowMetadata = std::vector<std::pair<std::string, std::string>>;

struct ArrowField {
  std::string name;
  ArrowType type = ArrowType::utf8;
  ArrowMetadata metadata{};
};

// The values of one column in one batch. What is added must be of the column's type.
class ArrowColumn {
 public:
  explicit ArrowColumn(ArrowType type) : type_(type) {}

  void add_null();
  void add(bool value);
  void add(std::int64_t value);
  void add(double value);
  void add(std::string_view text);  // bytes that are not UTF-8 become U+FFFD each

  std::size_t rows() const { return rows_; }
  std::size_t bytes() const { return values_.size(); }

 private:
  friend class ArrowStream;
  void add_row();
  void add_bytes(const void* bytes, std::size_t count);

  ArrowType type_;
  std::size_t rows_ = 0, nulls_ = 0;
  std::string validity_;  // a bit for each row, from the lowest
  std::string offsets_;   // utf8 only: where each text ends
  std::string values_;
};

class ArrowStream {
 public:
  using Sink = std::function<Result<void>(std::string_view)>;

  // Writes the schema. Whatever the sink fails with comes back.
  static Result<ArrowStream> begin(std::vector<ArrowField> fields, const ArrowMetadata& metadata, Sink sink);

  // One record batch: a column for each field, all of one length, of 2 GiB of text at most each.
  Result<void> write(const std::vector<ArrowColumn>& columns);
  Result<void> end();

 private:
  ArrowStream(std::vector<ArrowField> fields, Sink sink) : fields_(std::move(fields)), sink_(std::move(sink)) {}
  Result<void> send(std::string_view flatbuffer, std::string_view body);

  std::vector<ArrowField> fields_;
  Sink sink_;
};

}  // namespace chartline::exchange
