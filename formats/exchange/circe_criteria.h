// CirceCriteria: criteria of a cohort definition as event expressions and conditions of the query language.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "formats/exchange/circe.h"
#include "formats/exchange/circe_domains.h"
#include "formats/exchange/circe_node.h"

namespace chartline::exchange {

class CirceCriteria {
 public:
  explicit CirceCriteria(const CirceOptions& options) : options_(options) {}

  // The events of one criterion, `{"ConditionOccurrence": {...}}`, in brackets, each with the end that OHDSI gives it.
  Result<std::string> events(const CirceNode& criterion);
  // Whether the event named `index` meets a group of criteria; "" where the group asks nothing.
  Result<std::string> group(const CirceNode& group, const std::string& index);

  std::string new_name(std::string_view stem);                                  // for `as`
  const std::set<std::int64_t>& concept_sets() const { return concept_sets_; }  // that were asked for
  const std::set<std::string>& of_person() const { return of_person_; }  // attributes that were asked for, by name

 private:
  Result<std::string> codes(const CirceNode& id);
  Result<void> ask(const CirceAsked& asked, const CirceNode& body, std::vector<std::string>& all);
  Result<std::string> correlated(const CirceNode& one, const std::string& index);
  Result<std::string> demographic(const CirceNode& one, const std::string& index);
  Result<std::string> moved(const CirceNode& adjustment);
  Result<std::string> user_defined(const CirceNode& period);
  Result<std::string> visit(std::string_view key, const CirceNode& body);

  Result<std::string> concepts(const CirceNode& list);  // { omop:1, omop:2 }
  Result<std::string> listed(const CirceNode& list, const std::string& what, const CirceNode& body);
  Result<std::string> selected(const CirceNode& set, const std::string& what);
  Result<std::string> of_person(const CirceNode& concepts, std::string_view attribute, std::string_view as_circe);
  Result<std::string> sexes(const CirceNode& concepts);
  Result<std::string> age(const CirceNode& range, const std::string& time);
  static Result<std::string> text_like(const CirceNode& node, const std::string& what);
  static std::string any_in(const std::string& what, const std::string& codes);
  static std::string without(const std::string& set, const std::string& what);

  const CirceOptions& options_;
  std::set<std::int64_t> concept_sets_{};
  std::set<std::string> of_person_{};
  // The dates of some events are the definition's own: they are intervals, without code and visit.
  bool is_recast_ = false;
  int names_ = 0;
};

// date(T) moved by whole days: "date(ix) - 30d".
std::string date_moved(const std::string& time, std::int64_t days);
// `what` is compared as a NumericRange or DateRange says.
Result<std::string> number_in(const CirceNode& range, const std::string& what);
Result<std::string> date_in(const CirceNode& range, const std::string& what);
Result<std::string> date_literal(const CirceNode& node);
// The registration in which `event` starts, as conditions on it.
std::string holds(const std::string& event);

}  // namespace chartline::exchange
