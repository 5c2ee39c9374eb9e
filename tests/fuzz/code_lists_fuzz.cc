// Any text as a code list: a FHIR ValueSet, or CSV. Every row becomes a code, repeats one, or is rejected with its line.
#include "base/check.h"
#include "formats/exchange/code_list_parts.h"

namespace {

using namespace chartline;
using namespace chartline::exchange;

void look_at(const CodeListRead& read) {
  check(read.rows == read.codes.size() + read.repeated + read.rejected, "rows = codes + repeated + rejected");
  for (const ListedCode& code : read.codes) check(!code.system.empty(), "a code is of a system");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.starts_with('{')) {
    CodeListGathering into("input");
    if (read_value_set(text, into)) look_at(into.read);
    return 0;
  }
  for (const CodeListOptions& options : {CodeListOptions{}, CodeListOptions{.system = "icd10", .column = "code"}}) {
    CodeListGathering into("input");
    if (read_code_list_csv(text, options, into)) look_at(into.read);
  }
  return 0;
}
