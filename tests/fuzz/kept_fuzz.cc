// Any bytes with a right checksum as what the engine keeps besides timelines: backup manifests, the ledger of erasures, the
// description of a store, terminology, identities, demographics, counters; and cursors, which come from outside. What is accepted
// is written again and read to the same.
#include "base/check.h"
#include "base/hash.h"
#include "engine/backup_folder.h"
#include "engine/demographics.h"
#include "engine/identity_bytes.h"
#include "engine/ledger.h"
#include "engine/shard.h"
#include "engine/terminology_bytes.h"
#include "engine/timeline_cursor.h"
#include "formats/stored/seal.h"

namespace {

using namespace chartline;
using namespace chartline::engine;

template <typename Decode, typename Encode>
void round_trip(BytesView content, Decode decode, Encode encode_it) {
  const Bytes sealed = stored::sealed_copy(content);  // what is read borrows from it
  const auto read = decode(sealed);
  if (!read) {
    check(read.error().fault == Fault::corrupt || read.error().fault == Fault::unsupported, "bad bytes are called so");
    return;
  }
  const Bytes written = encode_it(*read);
  const auto again = decode(written);
  check(again.has_value() && encode_it(*again) == written, "what was read can be written and read again");
}
const auto encode_any = [](const auto& value) { return encode(value); };

void read_cursor(std::string_view text) {
  const auto cursor = parse_cursor(text);
  if (cursor) check(print(*cursor) == text, "a cursor has one spelling");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const BytesView content(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 16) {
    case 0: round_trip(content, decode_manifest, encode_any); break;
    case 1: round_trip(content, decode_ledger, encode_any); break;
    case 2: round_trip(content, decode_description, encode_any); break;
    case 3: round_trip(content, decode_terminology_counters, encode_any); break;
    case 4: round_trip(content, decode_version, encode_any); break;
    case 5: round_trip(content, decode_concept, encode_any); break;
    case 6: round_trip(content, decode_load, encode_any); break;
    case 7:
    case 8: {
      const bool first = data[0] % 16 == 7;
      round_trip(
          content, [&](BytesView bytes) { return decode_link_chunk(bytes, first); },
          [&](const LinkChunk& chunk) { return encode(chunk, first); });
      break;
    }
    case 9: round_trip(content, decode_identity_entries, encode_identity_entries); break;
    case 10: round_trip(content, decode_identifiers, encode_identifiers); break;
    case 11: round_trip(content, decode_link, encode_link); break;
    case 12: round_trip(content, decode_identity_counters, encode_identity_counters); break;
    case 13: round_trip(content, decode_demographics, encode_any); break;
    case 14: round_trip(content, decode_shard_state, encode_any); break;
    default: read_cursor(content); break;
  }
  return 0;
}
