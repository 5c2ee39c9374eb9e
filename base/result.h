// A Result holds a value, or the Error that says why there is none and what the caller can do about it.
//
//   Result<View> view = store.view();
//   if (!view) return view.error();
//   const View& v = TRY(store.view());        // the same in one line; works in any function returning Result<...>
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace chartline {

// What the caller can do. Numbers travel on the wire and are the program's exit reasons: add at the end, never renumber.
enum class Fault : std::uint8_t {
  invalid_request = 1,  // the request itself is wrong: mend it
  not_found = 2,        // no such patient, record, cohort, file
  denied = 3,           // the policy says no
  conflict = 4,         // the record is not at the version that the write demanded, or the folder is not empty
  busy = 5,             // a bound was reached: wait and try again
  unavailable = 6,      // a shard, disk or server cannot answer now; after a write the outcome is unknown
  corrupt = 7,          // stored bytes differ from what was written: restore
  unsupported = 8,      // a newer format, or a feature that this build does not have
};

std::string_view name(Fault fault);

// The message is for a person: it names places (table, run, byte, file, line), never patients or clinical values.
struct Error {
  Fault fault = Fault::unavailable;
  std::string message;
};

inline Error invalid_request(std::string message) { return {Fault::invalid_request, std::move(message)}; }
inline Error not_found(std::string message) { return {Fault::not_found, std::move(message)}; }
inline Error denied(std::string message) { return {Fault::denied, std::move(message)}; }
inline Error conflict(std::string message) { return {Fault::conflict, std::move(message)}; }
inline Error busy(std::string message) { return {Fault::busy, std::move(message)}; }
inline Error unavailable(std::string message) { return {Fault::unavailable, std::move(message)}; }
inline Error corrupt(std::string message) { return {Fault::corrupt, std::move(message)}; }
inline Error unsupported(std::string message) { return {Fault::unsupported, std::move(message)}; }

namespace detail {
[[noreturn]] inline void no_value(const Error& error) {
  std::fprintf(stderr, "chartline: the value of a failed Result was read: %s\n", error.message.c_str());
  std::abort();
}
}  // namespace detail

template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return expect(), std::get<0>(state_); }
  const T& value() const& { return expect(), std::get<0>(state_); }
  T&& value() && { return expect(), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

  template <typename U>
  T value_or(U&& fallback) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(fallback));
  }

 private:
  void expect() const {
    if (!has_value()) detail::no_value(std::get<1>(state_));
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}

  bool has_value() const { return !failed_; }
  explicit operator bool() const { return has_value(); }
  void value() const {
    if (failed_) detail::no_value(error_);
  }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  bool failed_ = false;
  Error error_;
};

// The value of an expression, or return its error from the enclosing function. A GNU statement expression, so that it
// reads as a value; g++ and clang++ both have it. One TRY may stand inside another. Not within braces that make an
// aggregate: what was made before the failing TRY would not be destroyed. Name the value on a line of its own there.
#define TRY(expression) CHARTLINE_TRY(expression, __COUNTER__)
#define CHARTLINE_TRY(expression, n) CHARTLINE_TRY_NAMED(expression, n)
#define CHARTLINE_TRY_NAMED(expression, n)                                     \
  __extension__({                                                              \
    auto try_result_##n = (expression);                                        \
    if (!try_result_##n.has_value()) return std::move(try_result_##n).error(); \
    std::move(try_result_##n).value();                                         \
  })

}  // namespace chartline
