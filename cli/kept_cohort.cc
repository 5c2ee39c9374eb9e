#include "cli/kept_cohort.h"

#include "cli/failure.h"
#include "query/token.h"

namespace chartline::cli {

Result<std::string> kept_cohort(Source& source, const std::string& name) {
  auto text = query::is_word(name) ? TRY(source.cohort_text(name)) : std::nullopt;
  if (!text)
    return advise(not_found("the store keeps no cohort of this name"), "list them with: chartline cohort list");
  return std::move(*text);
}

}  // namespace chartline::cli
