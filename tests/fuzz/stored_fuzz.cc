// Any bytes with a right checksum, read as every stored value: an Error or a value whose every part can be read, and in which whoever
// passes over a column comes to the next one. The first byte says which decoder; runs take their details from behind their hot bytes.
#include <algorithm>

#include "base/check.h"
#include "base/hash.h"
#include "formats/stored/change.h"
#include "formats/stored/head.h"
#include "formats/stored/keys.h"
#include "formats/stored/postings.h"
#include "formats/stored/run.h"
#include "formats/stored/seal.h"

namespace {

using namespace chartline;

Bytes sealed(BytesView body, stored::Trailer trailer = stored::Trailer::half) {
  if (body.empty()) return {};
  Bytes bytes;
  Writer writer(bytes);
  writer.u8(stored::format_version);
  writer.raw(body);
  stored::seal(bytes, trailer);
  return bytes;
}

// Columns of equal values take no bytes, so a few bytes may stand for millions of rows. Making each of those a row costs
// more memory than a fuzzer is given.
constexpr std::uint32_t rows_max = 100'000;

template <typename T>
bool same(const stored::Column<T>& a, const stored::Column<T>& b, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (a[i] != b[i]) return false;
  return true;
}

void read_fields(BytesView hot, const stored::RunColumns& all) {
  stored::RunColumns some;
  for (std::uint32_t field = 1; field < stored::field_hot; field <<= 1) {
    const bool alike = stored::decode_hot(hot, field, some).has_value() &&
                       (field != stored::field_time || same(some.time_of_day, all.time_of_day, all.count)) &&
                       (field != stored::field_code || same(some.code, all.code, all.count)) &&
                       (field != stored::field_value || same(some.value, all.value, all.count)) &&
                       (field != stored::field_number || same(some.number, all.number, all.count)) &&
                       (field != stored::field_end || same(some.end_precision, all.end_precision, all.count));
    check(alike, "one field of a run that can be read is read alike");
  }
}

void read_run(Reader in) {
  const Bytes hot = sealed(in.raw(std::min<std::uint64_t>(in.u16(), in.left())));
  const Bytes details = sealed(in.raw(in.left()));
  stored::RunColumns columns;
  if (!stored::decode_hot(hot, stored::field_hot, columns) || columns.count > rows_max) return;
  read_fields(hot, columns);
  const auto run = stored::decode_run(hot, details);
  if (!run) return;
  // Every text lies within memory that is there: hashing reads it all.
  std::uint64_t sum = 0;
  for (const stored::Row& row : (*run)->rows) {
    for (const std::string_view text : {row.record, row.version, row.source_person, row.encounter, row.value.text}) {
      sum += hash64(text);
    }
    for (const stored::RowAttribute& attribute : row.attributes) sum += hash64(attribute.value.text);
    for (const stored::Name code : row.translations) sum += code;
  }
  static_cast<void>(sum);
}

void read_postings(BytesView body) {
  const Bytes bytes = sealed(body);
  stored::PostingColumns columns, some;
  if (!stored::decode_postings(bytes, stored::posting_field_all, columns) || columns.count > rows_max) return;
  for (std::uint32_t i = 0; i < columns.count; ++i) static_cast<void>(columns.at(i));
  for (std::uint32_t field = 1; field < stored::posting_field_all; field <<= 1) {
    const bool alike = stored::decode_postings(bytes, field, some).has_value() &&
                       (field != stored::posting_field_day || same(some.day, columns.day, columns.count)) &&
                       (field != stored::posting_field_number || same(some.number, columns.number, columns.count)) &&
                       (field != stored::posting_field_value || same(some.value, columns.value, columns.count)) &&
                       (field != stored::posting_field_offset || same(some.offset, columns.offset, columns.count)) &&
                       (field != stored::posting_field_status || same(some.status, columns.status, columns.count)) &&
                       (field != stored::posting_field_end || same(some.end, columns.end, columns.count));
    check(alike, "one field of postings that can be read is read alike");
  }
}

void read_keys(BytesView bytes) {
  static_cast<void>(stored::parse_timeline_key(bytes));
  static_cast<void>(stored::parse_postings_key(bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const BytesView body(reinterpret_cast<const char*>(data) + 1, size - 1);
  record::Arena arena;
  switch (data[0] % 7) {
    case 0: read_run(Reader(body)); break;
    case 1: read_postings(body); break;
    case 2: static_cast<void>(stored::decode_removals(sealed(body))); break;
    case 3: static_cast<void>(stored::decode_directory(sealed(body))); break;
    case 4: static_cast<void>(stored::decode_head(sealed(body))); break;
    case 5: static_cast<void>(stored::decode_record(sealed(body, stored::Trailer::whole), arena)); break;
    default: read_keys(body); break;
  }
  return 0;
}
