#include "engine/timeline_merge.h"

#include <algorithm>
#include <span>
#include <tuple>

#include "base/check.h"
#include "engine/content.h"
#include "engine/trust/sight.h"

namespace chartline::engine {

using stored::Row;

Result<bool> TimelineMerge::run() {
  parts_.closed.clear(), parts_.open.clear();
  for (std::uint32_t i = 0; i < parts_.used; ++i) {
    if (!is_behind_cursor(*parts_.pieces[i])) parts_.closed.push_back(i);
  }
  // The nearest last, so that it can be popped.
  std::ranges::sort(parts_.closed, [this](std::uint32_t a, std::uint32_t b) {
    const stored::RunRef &x = parts_.pieces[a]->place.ref, &y = parts_.pieces[b]->place.ref;
    return question_.backwards ? x.last < y.last : x.first > y.first;
  });
  for (;;) {
    while (!parts_.closed.empty() && is_due(*parts_.pieces[parts_.closed.back()])) {
      const std::uint32_t nearest = parts_.closed.back();
      parts_.closed.pop_back();
      TRY(open(*parts_.pieces[nearest]));
      if (!parts_.pieces[nearest]->chosen.empty()) push(nearest);
    }
    if (parts_.open.empty()) return false;
    const std::uint32_t first = pop();
    if (!failed_) return failed_.error();
    if (parts_.open.empty() && parts_.closed.empty() && !question_.after) return give_rest(first);
    if (!give(first)) return true;
    if (advance(*parts_.pieces[first])) push(first);
  }
}

// Of the only piece that is left.
bool TimelineMerge::give_rest(std::uint32_t piece) {
  Piece& from = *parts_.pieces[piece];
  const std::size_t left = from.chosen.size() - from.next;
  const std::size_t given = std::min(left, question_.limit - parts_.places.size());
  const std::size_t before = parts_.places.size();
  parts_.places.resize(before + given);
  const auto into = std::span(parts_.places).subspan(before);
  const auto place = [piece](std::uint32_t row) { return Timeline::Parts::Place{.piece = piece, .row = row}; };
  const auto next = static_cast<std::ptrdiff_t>(from.next);
  if (question_.backwards) {
    std::transform(from.chosen.rbegin() + next, from.chosen.rbegin() + next + static_cast<std::ptrdiff_t>(given),
                   into.begin(), place);
  } else {
    std::transform(from.chosen.begin() + next, from.chosen.begin() + next + static_cast<std::ptrdiff_t>(given),
                   into.begin(), place);
  }
  from.next += given;
  return given < left;
}

Cursor TimelineMerge::place() const {
  check(!parts_.places.empty(), "an event was given");
  const auto instant_of = [this](const Timeline::Parts::Place& place) {
    return parts_.pieces[place.piece]->start(place.row).instant();
  };
  Cursor place;
  place.instant = instant_of(parts_.places.back());
  for (auto at = parts_.places.rbegin(); at != parts_.places.rend() && instant_of(*at) == place.instant; ++at)
    ++place.seen;
  if (question_.after && question_.after->instant == place.instant) place.seen += question_.after->seen;
  return place;
}

bool TimelineMerge::is_behind_cursor(const Piece& piece) const {
  if (!question_.after) return false;
  return question_.backwards ? piece.place.ref.first > question_.after->instant
                             : piece.place.ref.last < question_.after->instant;
}

// Whether a piece may hold a row that comes before the first of the open ones.
bool TimelineMerge::is_due(const Piece& piece) const {
  if (parts_.open.empty()) return true;
  const Micros first = parts_.pieces[parts_.open.front()]->instant;
  return question_.backwards ? piece.place.ref.last >= first : piece.place.ref.first <= first;
}

Result<void> TimelineMerge::open(Piece& piece) {
  if (piece.is_run) TRY(piece.open(question_.fields));
  TRY(choose(piece));
  piece.next = 0;
  if (!piece.chosen.empty()) step(piece);
  return {};
}

Result<void> TimelineMerge::choose(Piece& piece) {
  const auto& taken = parts_.taken[piece.whose];
  if (piece.is_run) {
    question_.filter.choose(*piece.columns, piece.place.shard->shard, taken, piece.chosen);
  } else {
    question_.filter.choose(piece.rows, piece.place.shard->shard, taken, piece.chosen);
  }
  if (question_.filter.has_codes()) TRY(keep_codes(piece));
  if (question_.as_of != INT64_MAX) TRY(keep_as_of(piece));
  if (question_.grant) TRY(keep_seen(piece));
  return {};
}

Result<void> TimelineMerge::keep_seen(Piece& piece) {
  const Sight sight(question_.grant, piece.patient, piece.names());
  piece.in_part = !sight.shows_everything();
  if (!piece.in_part) return {};
  Result<void> failed;
  std::erase_if(piece.chosen, [&](std::uint32_t at) {
    if (piece.is_run && !sight.needs_details())
      return !sight.shows(static_cast<record::Kind>(piece.columns->kind[at]), piece.columns->source[at]);
    const Result<Row> row = piece.row(at);
    if (!row) return failed = row.error(), false;
    return !sight.shows(*row);
  });
  return failed;
}

// By the primary code, or else by a translation; most runs have none.
Result<void> TimelineMerge::keep_codes(Piece& piece) {
  const std::span<const Name> codes = question_.filter.codes(piece.place.shard->shard);
  const auto has_code = [codes](Name code) {
    return codes.size() == 1 ? code == codes.front() : std::ranges::binary_search(codes, code);
  };
  if (!piece.is_run) {
    std::erase_if(piece.chosen, [&](std::uint32_t at) {
      const Row& row = *piece.rows[at];
      return !has_code(row.code) && std::ranges::none_of(row.translations, has_code);
    });
    return {};
  }
  const auto has_primary = [&](std::uint32_t at) { return has_code(piece.columns->code[at]); };
  const stored::RunDetails* details = nullptr;
  if (piece.columns->has_translations && !std::ranges::all_of(piece.chosen, has_primary)) {
    details = &TRY(piece.open_whole())->details;
    if (!details->has_translations()) details = nullptr;
  }
  std::erase_if(piece.chosen, [&](std::uint32_t at) {
    return !has_primary(at) && (!details || std::ranges::none_of(details->translations(at), has_code));
  });
  return {};
}

Result<void> TimelineMerge::keep_as_of(Piece& piece) {
  Result<void> failed;
  std::erase_if(piece.chosen, [&](std::uint32_t at) {
    const Result<Row> row = piece.row(at);
    if (!row) return failed = row.error(), false;
    const bool replaced = row->removed != 0 && row->removed <= question_.as_of;
    return row->recorded > question_.as_of || replaced;
  });
  return failed;
}

std::uint32_t TimelineMerge::row_of(const Piece& piece) const {
  return piece.chosen[question_.backwards ? piece.chosen.size() - 1 - piece.next : piece.next];
}

void TimelineMerge::step(Piece& piece) {
  if (question_.fields & stored::field_time || !piece.is_run) piece.instant = piece.start(row_of(piece)).instant();
}

bool TimelineMerge::advance(Piece& piece) {
  if (++piece.next == piece.chosen.size()) return false;
  step(piece);
  return true;
}

// The row that is next in this piece, unless the cursor is past it; false where the limit is reached already.
bool TimelineMerge::give(std::uint32_t piece) {
  const Piece& from = *parts_.pieces[piece];
  if (question_.after) {
    const Micros after = question_.after->instant;
    if (question_.backwards ? from.instant > after : from.instant < after) return true;
    if (from.instant == after && passed_ < question_.after->seen) return ++passed_, true;
  }
  if (parts_.places.size() == question_.limit) return false;
  parts_.places.push_back({.piece = piece, .row = row_of(from)});
  return true;
}

// In the direction of reading. Where instant, precision and source are equal the details decide.
Result<bool> TimelineMerge::comes_first(Piece& a, Piece& b) {
  Piece& x = question_.backwards ? b : a;
  Piece& y = question_.backwards ? a : b;
  if (x.instant != y.instant) return x.instant < y.instant;
  const std::uint32_t row_x = row_of(x), row_y = row_of(y);
  if (const auto p = x.start(row_x).precision, q = y.start(row_y).precision; p != q) return p < q;
  const Row whole_x = TRY(x.row(row_x)), whole_y = TRY(y.row(row_y));
  if (before(whole_x, x.names(), whole_y, y.names())) return true;
  if (before(whole_y, y.names(), whole_x, x.names())) return false;
  // The same event told of two patients who are one person.
  return std::tuple(x.patient, whole_x.number) < std::tuple(y.patient, whole_y.number);
}

// A heap has its greatest in front: the piece that comes first is the greatest.
auto TimelineMerge::later() {
  return [this](std::uint32_t a, std::uint32_t b) {
    const Result<bool> first = comes_first(*parts_.pieces[b], *parts_.pieces[a]);
    if (!first) failed_ = first.error();
    return first && *first;
  };
}

void TimelineMerge::push(std::uint32_t piece) {
  parts_.open.push_back(piece);
  std::push_heap(parts_.open.begin(), parts_.open.end(), later());
}

std::uint32_t TimelineMerge::pop() {
  std::pop_heap(parts_.open.begin(), parts_.open.end(), later());
  const std::uint32_t first = parts_.open.back();
  parts_.open.pop_back();
  return first;
}

}  // namespace chartline::engine
