// Any bytes with a right checksum, read as every stored value: an Error or a value whose every part can be read. The
// first byte says which decoder; runs take their details from behind their hot bytes.
#include <algorithm>

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

void read_run(Reader in) {
  const Bytes hot = sealed(in.raw(std::min<std::uint64_t>(in.u16(), in.left())));
  const Bytes details = sealed(in.raw(in.left()));
  stored::RunColumns columns;
  if (!stored::decode_hot(hot, stored::field_hot, columns) || columns.count > rows_max) return;
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
  stored::PostingColumns columns;
  if (!stored::decode_postings(sealed(body), stored::posting_field_all, columns)) return;
  for (std::uint32_t i = 0; i < columns.count; ++i) static_cast<void>(columns.at(i));
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
