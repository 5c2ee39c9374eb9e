// Asking a store: what each statement of a text gives, as lines that two runs can be compared by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/run.h"

namespace chartline::query::random {

struct Asked {
  enum class End : std::uint8_t { answered, refused, failed };  // refused: complaints about the text; failed: an error
  End end = End::answered;
  std::string why{};              // complaints, or the error
  std::vector<Answer> answers{};  // one for each statement that is no definition
};

Asked ask(engine::Store& store, std::string_view text, Executor executor, MonthEnd month_end = MonthEnd::roll,
          unsigned threads = 1);
Asked ask(engine::Store& store, const engine::View& view, std::string_view text, Executor executor,
          MonthEnd month_end = MonthEnd::roll, unsigned threads = 1);

// `count [sex, patients]`, then a row a line: `female, 3`.
std::string print(const Answer& answer);
std::string print(const Asked& asked);

// Whether they say the same: everything but plans, which tell how and not what. Numbers to twelve digits: the order in which
// an executor adds is its own.
bool agree(const Answer& a, const Answer& b);
bool agree(const Asked& a, const Asked& b);

}  // namespace chartline::query::random
