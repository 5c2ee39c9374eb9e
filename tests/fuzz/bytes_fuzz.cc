// Any bytes, read by any sequence of reads: the reader never passes its end, stays failed once it failed, and what it
// reads as variable-width integers in one writing is written back to the same bytes.
#include "base/bytes.h"
#include "base/check.h"

namespace {

using namespace chartline;

void read_any(BytesView steps, BytesView in) {
  Reader reader(in);
  for (const char step : steps) {
    const std::size_t before = reader.left();
    switch (step & 7) {
      case 0: reader.u8(); break;
      case 1: reader.u16(); break;
      case 2: reader.u32(); break;
      case 3: reader.u64be(); break;
      case 4: reader.signed_varint(); break;
      case 5: reader.text(); break;
      case 6: reader.raw(static_cast<unsigned char>(step) >> 3); break;
      default: reader.u32be(); break;
    }
    check(reader.left() <= before, "a reader goes forward");
    check(reader.ok() || reader.left() == 0, "a failed reader has nothing left");
  }
}

void round_trip(BytesView in) {
  Reader reader(in);
  while (reader.left() > 0) {
    const std::uint64_t number = reader.varint();
    if (!reader.ok()) return;
    Bytes written;
    Writer(written).varint(number);
    Reader again(written);
    check(again.varint() == number && again.done(), "a number is read as it was written");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView all(reinterpret_cast<const char*>(data), size);
  read_any(all.substr(0, size / 4), all.substr(size / 4));
  round_trip(all);
  return 0;
}
