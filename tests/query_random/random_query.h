// Random queries: texts of every form of the language that compile, made type by type. Everything of more than one word
// stands in brackets: precedence is the parser's business and has tests of its own.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "tests/query_random/world.h"

namespace chartline::query::random {

class RandomQuery {
 public:
  explicit RandomQuery(std::uint64_t seed) : chance_(seed) {}

  // Definitions, and so many statements that give an answer.
  std::string text(int statements);
  std::string definitions();
  std::string statement();  // that gives an answer

  // Expressions. The greater the depth, the more they are made of.
  std::string condition(int depth);
  std::string events(int depth);
  std::string event(int depth);
  std::string time(int depth);
  std::string plain(int depth);     // a number without a unit
  std::string recorded(int depth);  // a number as the event has it
  std::string measured(int depth, std::string_view unit);
  std::string range(int depth);
  std::string filtered(std::string events, int depth);  // with one clause or more
  std::string codes(int depth);
  std::string group(int depth);
  std::string duration(int depth);
  std::string narrowing(int depth);  // a clause that keeps fewer events, by their times or links, and changes none
  std::string about_it(std::string (RandomQuery::*of)(int), int depth);  // where `it` has a meaning
  std::string in_interval(int depth);                                    // a condition in a measure
  std::string day();

  // What the store does not answer yet is left out.
  bool may_explain = true, may_ask_why = true;
  bool may_look_back = true;  // as of

  // While false, `as` is left out: what is made may stand under `not`.
  bool may_name = true;
  Chance& chance() { return chance_; }

 private:
  enum class What : std::uint8_t {
    codes,
    events,
    event,
    condition,
    plain,
    recorded,
    time,
    duration,
    text,
    code,
    cohort
  };
  struct Definition {
    What what;
    std::string name;
    std::string index{};  // of a cohort with index dates
  };
  // What the place of an expression gives a meaning to. Names made at a place are forgotten behind it.
  struct Place {
    bool it = false, interval = false, may_name = true;
    std::vector<std::string> events{};
  };
  class Inside;  // another place for a block

  std::string define();
  std::string cohort(bool with_index);
  std::string counted_form();
  std::string grouped();
  std::string column(int depth);

  std::string compared(int depth);
  std::string compared_values(int depth);
  std::string compared_words(int depth);
  std::string choice(int depth, std::string (RandomQuery::*of)(int), bool more);  // ??, least, greatest, case
  std::string fold(int depth, std::string_view unit);
  std::string clause(int depth);
  std::string window(int depth);
  std::string chosen_of_intervals(int depth);
  std::string time_or_year(int depth);
  std::string text_value(int depth);
  std::string code_value(int depth);
  std::string code();
  std::string attribute(int depth);
  std::string field(std::string_view name, int depth);  // of `it`, or of an event
  std::string kind();
  std::string moment();
  std::string number(int places);
  std::string under_no(std::string (RandomQuery::*of)(int), int depth);

  std::string new_name(std::string_view first) { return std::string(first) + std::to_string(++names_); }
  const Definition* defined(What what);
  const Definition* index_cohort();
  std::uint64_t below(std::uint64_t n) { return chance_.below(n); }
  // One of n ways, or while making something usual one of a few.
  std::uint64_t way(std::uint64_t n, std::initializer_list<std::uint64_t> usual) {
    return usual_ ? usual.begin()[below(usual.size())] : below(n);
  }
  bool one_in(std::uint64_t n) { return chance_.one_in(n); }

  Chance chance_;
  int names_ = 0;
  bool usual_ = false;  // what most questions are made of: half of all is, so that columns alone answer enough of it
  std::vector<Definition> definitions_;
  Place place_;
};

// In the order of the list, which + does not promise.
std::string cat(std::initializer_list<std::string> parts);

class RandomQuery::Inside {
 public:
  Inside(RandomQuery& query, bool it) : query_(query), before_(query.place_) {
    query.place_.it = query.place_.it || it;
    query.place_.may_name = true;
  }
  ~Inside() { query_.place_ = before_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  RandomQuery& query_;
  Place before_;
};

}  // namespace chartline::query::random
