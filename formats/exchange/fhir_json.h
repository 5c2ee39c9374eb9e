// Node: a JSON value that may be absent, so that a path into a resource is one expression and absence needs no
// branches.
//
//   resource.at("dosageInstruction.doseAndRate.doseQuantity")     // through objects; a list stands for its first element
//   for (Node coding : concept["coding"].items()) ...             // a list's elements, a single value as a list of one
//
// The parser keeps numbers as doubles. Those of more digits than a double surely holds are marked as texts before it sees them, by
// mark_long_numbers(), and read from there.
//
// Text borrows from the parser and is valid until it parses again. What includes this header links simdjson::simdjson, whose
// definitions decide how the library's classes are laid out.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "formats/record/decimal.h"

namespace chartline::exchange::fhir {

class Node {
 public:
  class Items;

  Node() = default;
  Node(simdjson::dom::element element) : element_(element), present_(true) {}

  explicit operator bool() const { return present_; }
  bool is_text() const { return present_ && element_.is_string() && written().empty(); }
  bool is_list() const { return present_ && element_.is_array(); }
  bool is_object() const { return present_ && element_.is_object(); }

  std::string_view text() const;  // "" if it is not a string
  std::optional<bool> boolean() const;
  std::optional<record::Decimal> number() const;  // with all the digits that are written
  std::string_view written() const;               // a number that was marked; "" for all else

  Node operator[](std::string_view key) const;  // absent if this is not an object with that key
  Node first() const;                           // a list's first element; anything else is itself
  Node at(std::string_view path) const;         // keys joined by '.'; through a list by its first element
  Node list_at(std::string_view path) const;    // the same, but a list at the path's end is given whole
  struct Choice;
  Choice choice(std::string_view prefix) const;  // value[x]: the member whose key is the prefix and then a type's name
  Items items() const;
  std::string_view repeated_key() const;  // of an object, one that stands in it twice; "" for none

 private:
  simdjson::dom::element element_;
  bool present_ = false;
};

struct Node::Choice {
  std::string_view key;  // "valueQuantity"
  Node node;
};

class Node::Items {
 public:
  class Iterator {
   public:
    Iterator(simdjson::dom::array::iterator at, Node single, bool in_list, bool end)
        : at_(at), single_(single), in_list_(in_list), end_(end) {}
    Node operator*() const { return in_list_ ? Node(*at_) : single_; }
    Iterator& operator++() {
      if (in_list_) ++at_;
      else end_ = true;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return in_list_ ? at_ != other.at_ : end_ != other.end_; }

   private:
    simdjson::dom::array::iterator at_;
    Node single_;
    bool in_list_;
    bool end_;
  };

  explicit Items(Node of) : of_(of), in_list_(of.is_list()) {
    if (in_list_) list_ = of.element_.get_array().value_unsafe();
  }
  Iterator begin() const {
    return in_list_ ? Iterator(list_.begin(), {}, true, false) : Iterator({}, of_, false, !of_);
  }
  Iterator end() const { return in_list_ ? Iterator(list_.end(), {}, true, true) : Iterator({}, of_, false, true); }

 private:
  Node of_;
  bool in_list_;
  simdjson::dom::array list_;
};

// Whether `json` has such numbers; then they are marked in `marked`, behind which the parser's padding may be read.
bool mark_long_numbers(std::string_view json, std::string& marked);

inline Node::Items Node::items() const { return Items(*this); }

// Calls visit with each alternative of a '|' separated list until it returns true; whether it did.
template <typename Visit>
bool any_path(std::string_view paths, Visit visit) {
  while (!paths.empty()) {
    const auto bar = paths.find('|');
    if (visit(paths.substr(0, bar))) return true;
    paths = bar == std::string_view::npos ? std::string_view{} : paths.substr(bar + 1);
  }
  return false;
}

// The first of several '|' separated paths that leads to something; a list at its end is given whole.
Node list_at_any(Node from, std::string_view paths);

// Calls visit with everything that a path leads to, through every element of every list on its way.
template <typename Visit>
void at_all(Node from, std::string_view path, Visit visit) {
  if (!from) return;
  if (from.is_list()) {
    for (const Node item : from.items()) at_all(item, path, visit);
    return;
  }
  if (path.empty()) return visit(from);
  const auto dot = path.find('.');
  at_all(from[path.substr(0, dot)], dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1), visit);
}

}  // namespace chartline::exchange::fhir
