// A Literal is text that stands in the source. It cannot be made of what comes in at run time, which is how names and labels of
// metrics and words of logs are kept free of people.
#pragma once

#include <string_view>

namespace chartline::server {

class Literal {
 public:
  consteval Literal(const char* text) : text_(text) {}
  constexpr operator std::string_view() const { return text_; }
  constexpr std::string_view view() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace chartline::server
