// Cohort definitions of others, kept as text of the query language. Each file is a definition of its own: one that is refused
// is told, and stops no other.
#include <filesystem>

#include "cli/complaints.h"
#include "cli/failure.h"
#include "cli/query_text.h"
#include "cli/runs.h"
#include "cli/source.h"
#include "formats/exchange/circe.h"
#include "query/token.h"

namespace chartline::cli {
namespace {

// A word of the file's name: "20.json" is cohort_20, "major-bleed.json" is major_bleed.
std::string cohort_name(const std::string& path) {
  std::string name = std::filesystem::path(path).stem().string();
  for (char& c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!fits) c = '_';
  }
  return query::is_word(name) ? name : "cohort_" + name;
}

}  // namespace

Result<void> run_cohort_import(const Invocation& invocation, Console& console) {
  const auto source = TRY(open_source(invocation, Access::write));
  const query::PrepareOptions options{.month_end = invocation.on("clamp") ? query::MonthEnd::clamp : query::MonthEnd::roll,
                                      .terminology = invocation.text("terminology")};
  std::size_t refused = 0;
  const std::size_t files = invocation.arguments().size() - 1;
  for (std::size_t i = 1; i <= files; ++i) {
    const std::string& path = invocation.argument(i);
    const std::string name = cohort_name(path);
    const auto text =
        exchange::cohort_from_circe(TRY(read_query_file(path)), {.cohort = name, .as_circe = invocation.on("as-circe")});
    if (!text) {
      console.note(path + ": " + text.error().message);
      ++refused;
      continue;
    }
    const auto complaints = TRY(source->save_cohort(name, *text, options));
    if (complaints.empty()) {
      console.note("saved " + name);
    } else {
      console.say_text(complaint_text(complaints, *text, path, console.err()));
      ++refused;
    }
  }
  if (refused == 0) return {};
  return unsupported(std::to_string(refused) + " of " + std::to_string(files) + " definitions were refused");
}

}  // namespace chartline::cli
