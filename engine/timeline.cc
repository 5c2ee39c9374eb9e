#include "base/check.h"
#include "engine/content.h"
#include "engine/timeline_parts.h"

namespace chartline::engine {

using stored::Row;

Result<Row> Piece::row(std::uint32_t at) {
  if (!is_run) return *rows[at];
  return TRY(open_whole())->row(at);
}

Result<void> Piece::open(std::uint32_t fields) {
  run = TRY(read_run(place, fields, room, held, fetched ? &*fetched : nullptr));
  columns = &run->columns;
  return {};
}

Result<const DecodedRun*> Piece::open_whole() {
  if (run && run->has(stored::field_all)) return run;
  if (!whole) whole = TRY(read_whole(place));
  return whole.get();
}

void Timeline::Parts::clear() {
  for (std::size_t i = 0; i < used; ++i) {
    Piece& piece = *pieces[i];
    piece.run = nullptr, piece.columns = nullptr;
    piece.held.reset(), piece.whole.reset(), piece.fetched.reset();
    piece.rows.clear(), piece.chosen.clear();
    piece.next = 0;
  }
  used = 0;
  places.clear(), next.clear(), room.clear(), closed.clear(), open.clear(), changed.clear(), heads.clear();
}

Piece& Timeline::Parts::add(PatientRef patient, const ShardMoment& shard) {
  if (used == pieces.size()) pieces.push_back(std::make_unique<Piece>());
  Piece& piece = *pieces[used++];
  piece.patient = patient;
  piece.place = {.shard = &shard, .patient = patient.id, .past = false, .ref = {}};
  piece.is_run = piece.in_part = false;
  return piece;
}

Timeline::Timeline() : parts(std::make_unique<Parts>()) {}
Timeline::Timeline(Timeline&&) noexcept = default;
Timeline& Timeline::operator=(Timeline&&) noexcept = default;
Timeline::~Timeline() = default;

namespace {

struct At {
  const Piece& piece;
  std::uint32_t row;
};

At at(const Timeline::Parts& parts, std::size_t i) {
  check(i < parts.places.size(), "an event of the timeline");
  const Timeline::Parts::Place& place = parts.places[i];
  return {*parts.pieces[place.piece], place.row};
}

record::Event made(const Row& row, const Piece& piece, record::Arena& room) {
  record::Event event = to_event(row, piece.names(), room);
  if (piece.in_part) event.sequence = 0;
  return event;
}

}  // namespace

std::size_t Timeline::size() const { return parts->places.size(); }

record::Time Timeline::start(std::size_t i) const {
  const auto [piece, row] = at(*parts, i);
  return piece.start(row);
}
record::Kind Timeline::kind(std::size_t i) const {
  const auto [piece, row] = at(*parts, i);
  return piece.columns ? static_cast<record::Kind>(piece.columns->kind[row]) : piece.rows[row]->kind;
}
Name Timeline::code(std::size_t i) const {
  const auto [piece, row] = at(*parts, i);
  return piece.columns ? piece.columns->code[row] : piece.rows[row]->code;
}
Name Timeline::source(std::size_t i) const {
  const auto [piece, row] = at(*parts, i);
  return piece.columns ? piece.columns->source[row] : piece.rows[row]->source;
}
std::uint32_t Timeline::number(std::size_t i) const {
  const auto [piece, row] = at(*parts, i);
  return piece.columns ? piece.columns->number[row] : piece.rows[row]->number;
}
stored::RowValue Timeline::value(std::size_t i) const {
  const auto [piece, row] = at(*parts, i);
  return piece.columns ? piece.columns->value_at(row) : piece.rows[row]->value;
}
record::End Timeline::end(std::size_t i) const {
  const auto [piece, row] = at(*parts, i);
  return piece.columns ? piece.columns->end_at(row) : piece.rows[row]->end;
}
std::string_view Timeline::record(std::size_t i) const {
  const auto [piece, row] = at(*parts, i);
  return piece.run ? piece.run->details.record(row) : piece.rows[row]->record;
}
std::string_view Timeline::encounter(std::size_t i) const {
  const auto [piece, row] = at(*parts, i);
  return piece.run ? piece.run->details.encounter(row) : piece.rows[row]->encounter;
}
PatientRef Timeline::patient(std::size_t i) const { return at(*parts, i).piece.patient; }

Result<record::Event> Timeline::event(std::size_t i) {
  check(i < size(), "an event of the timeline");
  const Parts::Place& place = parts->places[i];
  Piece& piece = *parts->pieces[place.piece];
  return made(TRY(piece.row(place.row)), piece, parts->room);
}

record::Event Timeline::event_as_read(std::size_t i, std::uint32_t fields) {
  const auto [piece, row] = at(*parts, i);
  return made(piece.run ? piece.run->row(row, fields) : *piece.rows[row], piece, parts->room);
}

bool Timeline::may_have_translations(std::size_t i) const {
  const auto [piece, row] = at(*parts, i);
  return piece.columns ? piece.columns->has_translations : !piece.rows[row]->translations.empty();
}

const std::string& Timeline::next() const { return parts->next; }

}  // namespace chartline::engine
