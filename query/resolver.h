// Resolver: the names in scope, and a function for each form of the tree. Each gives a typed node; after a complaint
// one of type Basic::failed, which agrees with everything.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/resolve.h"
#include "query/units.h"

namespace chartline::query {

class Resolver {
 public:
  Resolver(const Known& known, Complaints& complaints) : known_(known), complaints_(complaints) {}
  typed::Query run(const tree::Query& query);

 private:
  // -- names
  struct Definition {
    typed::Op op;  // param_of, let_of, codes_of, in_cohort
    Type type;
    std::uint32_t index_slot = 0;  // cohort ... per E as IX
    std::string index_name{};
  };
  struct Binding {
    std::string name;  // "it" for a row
    std::uint32_t slot;
  };
  class Rows;  // names bound within are gone at the end of the block

  const Binding* binding(std::string_view name) const;
  std::vector<std::string_view> names_in_scope() const;
  bool has_meaning(const std::string& name) const;  // of its own, or a definition's
  void define(const std::string& name, Definition definition, Span span);
  std::uint32_t new_slot() { return slots_++; }

  // -- making nodes, complaining
  typed::Ptr node(typed::Op op, Type type, Span span, std::vector<typed::Ptr> parts = {}, typed::Data data = {});
  typed::Ptr row(std::uint32_t slot, Span span);
  typed::Ptr failed(Span span);
  typed::Ptr complain(Span span, std::string message, std::string expected = "", std::string suggestion = "");
  typed::Ptr wrong(const tree::Expression& of, const Type& found, std::string expected, std::string suggestion = "");

  // -- expressions: as they are, or as what is wanted of them
  typed::Ptr any(const tree::Expression& of);
  typed::Ptr condition(const tree::Expression& of);
  typed::Ptr number(const tree::Expression& of);
  typed::Ptr time(const tree::Expression& of);
  typed::Ptr duration(const tree::Expression& of);
  typed::Ptr range(const tree::Expression& of);  // a date stands for the days in which it may lie
  typed::Ptr events(const tree::Expression& of);
  typed::Ptr codes(const tree::Expression& of);
  typed::Ptr as_condition(typed::Ptr node, const tree::Expression& of);
  typed::Ptr as_range(typed::Ptr node, const tree::Expression& of);
  typed::Ptr as_time(typed::Ptr node, const tree::Expression& of);
  static typed::Ptr opposite(typed::Ptr condition, Span span);

  typed::Ptr form(const tree::Number& node, const tree::Expression& of);
  typed::Ptr form(const tree::Text& node, const tree::Expression& of);
  typed::Ptr form(const tree::Length& node, const tree::Expression& of);
  typed::Ptr form(const tree::Moment& node, const tree::Expression& of);
  typed::Ptr form(const tree::Code& node, const tree::Expression& of);
  typed::Ptr form(const tree::List& node, const tree::Expression& of);
  typed::Ptr form(const tree::AnyCode& node, const tree::Expression& of);
  typed::Ptr form(const tree::Name& node, const tree::Expression& of);
  typed::Ptr form(const tree::Logic& node, const tree::Expression& of);
  typed::Ptr form(const tree::Prefixed& node, const tree::Expression& of);
  typed::Ptr form(const tree::Binary& node, const tree::Expression& of);
  typed::Ptr form(const tree::IsMissing& node, const tree::Expression& of);
  typed::Ptr form(const tree::Negative& node, const tree::Expression& of);
  typed::Ptr form(const tree::Convert& node, const tree::Expression& of);
  typed::Ptr form(const tree::Field& node, const tree::Expression& of);
  typed::Ptr form(const tree::CodeUnion& node, const tree::Expression& of);
  typed::Ptr form(const tree::Events& node, const tree::Expression& of);
  typed::Ptr form(const tree::Case& node, const tree::Expression& of);
  typed::Ptr form(const tree::Elapsed& node, const tree::Expression& of);
  typed::Ptr form(const tree::Call& node, const tree::Expression& of);
  typed::Ptr form(const tree::Among& node, const tree::Expression& of);
  typed::Ptr form(const tree::Filtered& node, const tree::Expression& of);

  // -- operators
  typed::Ptr comparison(const tree::Binary& node, const tree::Expression& of);
  typed::Ptr arithmetic(const tree::Binary& node, const tree::Expression& of);
  typed::Ptr sets(const tree::Binary& node, const tree::Expression& of, typed::Ptr left, typed::Ptr right);
  std::pair<typed::Ptr, typed::Ptr> word_pair(const tree::Expression& left, const tree::Expression& right);
  typed::Ptr word(const tree::Expression& of, WordList list);
  typed::Ptr common(typed::Op op, const tree::Expression& of, const std::vector<tree::Ptr>& values,
                    std::vector<typed::Ptr> before = {});
  bool same_measure(const Type& a, const Type& b, Span span);

  // -- events
  typed::Ptr clause(const tree::Clause& clause, std::uint32_t candidate);
  typed::Ptr membership(const tree::Filtered& node, typed::Ptr value, const tree::Expression& of);

  // -- calls
  typed::Ptr fold(typed::Op op, const tree::Call& node, const tree::Expression& of);
  typed::Ptr joined(typed::Op op, const tree::Call& node, const tree::Expression& of);
  bool takes(const tree::Call& node, const tree::Expression& of, std::size_t count, std::string_view shape);

  // -- statements
  typed::Ptr statement(const tree::Statement& statement);
  typed::Ptr form(const tree::Param& node, Span span);
  typed::Ptr form(const tree::Codes& node, Span span);
  typed::Ptr form(const tree::Let& node, Span span);
  typed::Ptr form(const tree::Cohort& node, Span span);
  typed::Ptr form(const tree::Count& node, Span span);
  typed::Ptr form(const tree::Tally& node, Span span);
  typed::Ptr form(const tree::Rows& node, Span span);
  typed::Ptr form(const tree::EventsOf& node, Span span);
  typed::Ptr form(const tree::Flow& node, Span span);
  typed::Ptr form(const tree::Measure& node, Span span);
  typed::Ptr form(const tree::FollowUp& node, Span span);
  typed::Ptr form(const tree::Why& node, Span span);
  typed::Ptr form(const tree::Explain& node, Span span);
  typed::Ptr form(const tree::AsOf& node, Span span);
  typed::Ptr groups(const std::vector<tree::Ptr>& by, Span span);
  const Definition* cohort(const std::string& name, Span span);
  const Definition* saved(std::string_view name);
  void bind_index_of(const tree::Expression& predicate);

  const Known& known_;
  Complaints& complaints_;
  std::map<std::string, Definition, std::less<>> definitions_;
  std::map<std::string, Definition, std::less<>> saved_;  // cohorts of the store that were named
  std::vector<Binding> bindings_;
  std::uint32_t slots_ = 1;
  int under_no_ = 0;         // words `no` and `not` around the expression
  bool in_measure_ = false;  // `interval` has a meaning
};

class Resolver::Rows {
 public:
  // With a slot: a row named `it`.
  explicit Rows(Resolver& resolver, std::uint32_t slot = 0)
      : resolver_(resolver), size_(resolver.bindings_.size()), under_no_(std::exchange(resolver.under_no_, 0)) {
    if (slot) resolver.bindings_.push_back({"it", slot});
  }
  ~Rows() {
    resolver_.bindings_.resize(size_);
    resolver_.under_no_ = under_no_;
  }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

 private:
  Resolver& resolver_;
  std::size_t size_;
  int under_no_;
};

}  // namespace chartline::query
