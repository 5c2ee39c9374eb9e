// The saved cohorts that a query uses, and those that they use, each read and resolved once.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/store.h"
#include "query/bring_in.h"
#include "query/depths.h"
#include "query/resolve.h"
#include "query/tree.h"

namespace chartline::query {

class SavedReader {
 public:
  // `within`: cohorts that are being saved. Whatever leads to one of them goes in a circle.
  SavedReader(engine::Store& store, std::vector<std::string> systems, std::vector<std::string> within)
      : store_(store), systems_(std::move(systems)), within_(std::move(within)) {}

  // What is known to a text besides itself.
  Result<Known> known_to(std::string_view text, const tree::Query& query);

  // Reads what a query uses. What is wrong with a cohort is complained about where the query uses it.
  Result<void> read(const typed::Query& query, Complaints& complaints);

  std::vector<std::shared_ptr<const SavedCohort>> all() const;  // that were read

  // Where the query uses a cohort that was read, itself or by way of others, and the words that lead to it.
  struct Home {
    Span span{};
    std::string words{};  // "the saved cohort `ill`: the saved cohort `old`: "
  };
  Home home_of(const std::string& name) const;

 private:
  struct One {
    std::shared_ptr<const SavedCohort> cohort{};  // null: there is something wrong with it
    std::string wrong{};
    std::uint32_t depth = 0;
    bool under_way = false;  // what it uses is being read
    std::string user{};      // the cohort that used it first; "": the query
    Span span{};             // where the query did
  };
  // As `by` uses it.
  Result<const One*> one(const UsedCohort& used, const std::string& by);
  Result<void> read_one(const std::string& name, One& into);
  Result<std::string> index_name(const std::string& cohort);

  engine::Store& store_;
  const std::vector<std::string> systems_, within_;
  std::optional<std::vector<std::string>> names_{};  // of all that are kept
  std::map<std::string, One, std::less<>> read_{};
  std::size_t under_way_ = 0;
  std::map<std::string, std::string, std::less<>> index_names_{};  // "": no index dates
};

}  // namespace chartline::query
