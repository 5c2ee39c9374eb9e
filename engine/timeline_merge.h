// The merge of the pieces of one person's timeline, in the store's total order or its reverse. See timeline_reader.h.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/timeline_cursor.h"
#include "engine/timeline_filter.h"
#include "engine/timeline_parts.h"

namespace chartline::engine {

class TimelineMerge {
 public:
  struct Question {
    const CompiledFilter& filter;
    std::uint32_t fields;  // to decode
    bool backwards;
    std::size_t limit;
    std::optional<Cursor> after;  // begin behind this place
    Micros as_of;
    const Grant* grant;  // null: everything is shown
  };
  TimelineMerge(const Question& question, Timeline::Parts& parts) : question_(question), parts_(parts) {}

  // Fills parts.places. True where the limit left events aside.
  Result<bool> run();
  // Where the last event stands: its instant, and how many of that instant have been given. Some event must have been given.
  Cursor place() const;

 private:
  Result<void> open(Piece& piece);
  Result<void> choose(Piece& piece);
  Result<void> keep_codes(Piece& piece);
  Result<void> keep_as_of(Piece& piece);
  Result<void> keep_seen(Piece& piece);
  bool is_behind_cursor(const Piece& piece) const;
  bool is_due(const Piece& piece) const;
  Result<bool> comes_first(Piece& a, Piece& b);
  void push(std::uint32_t piece);
  std::uint32_t pop();
  void step(Piece& piece);
  bool advance(Piece& piece);
  bool give(std::uint32_t piece);
  bool give_rest(std::uint32_t piece);
  std::uint32_t row_of(const Piece& piece) const;
  auto later();

  const Question question_;
  Timeline::Parts& parts_;
  std::uint32_t passed_ = 0;  // events of the cursor's instant passed over
  Result<void> failed_;       // of a comparison
};

}  // namespace chartline::engine
