#include "formats/wire/events_writer.h"

#include <capnp/any.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>

#include "base/check.h"

namespace chartline::wire {
namespace {

using record::Value;

constexpr std::size_t event_bytes = 40;  // of one event's columns, about
constexpr record::Time nothing{.local = 0, .offset_minutes = 0, .precision = {}};

// The columns that every event has, in the order of the schema.
template <typename Columns, typename Use>
void for_each(Columns& columns, Use use) {
  use(columns.number), use(columns.kind), use(columns.code);
  use(columns.start_local), use(columns.start_offset), use(columns.start_precision);
  use(columns.end_form), use(columns.end_local), use(columns.end_offset), use(columns.end_precision);
  use(columns.value_form), use(columns.value), use(columns.value_scale), use(columns.unit);
  use(columns.source), use(columns.status), use(columns.certainty), use(columns.author);
}

// One column: nothing where all are 0, one value where all are equal, else each. They stand in the message as in memory
// (little-endian), so that they are copied at once: the library sets one number at a time.
template <typename Item, typename Init>
void write_column(const std::vector<Item>& column, Init init) {
  static_assert(std::endian::native == std::endian::little);
  if (column.empty()) return;
  // All are equal where each is as the one before it.
  if (std::memcmp(column.data(), column.data() + 1, (column.size() - 1) * sizeof(Item)) == 0) {
    if (column.front() != Item{}) init(1).set(0, column.front());
    return;
  }
  auto list = init(static_cast<unsigned>(column.size()));
  const auto bytes = capnp::AnyList::Reader(list.asReader()).getRawBytes();
  check(bytes.size() >= column.size() * sizeof(Item), "a list has room for its items");
  std::memcpy(const_cast<kj::byte*>(bytes.begin()), column.data(), column.size() * sizeof(Item));
}

// The texts that `of` gives of some items, one behind the other.
template <typename Items, typename Of>
void write_texts(const Items& items, Texts::Builder into, Of of) {
  std::size_t bytes = 0;
  for (const auto& item : items) bytes += std::invoke(of, item).size();
  auto room = into.initBytes(static_cast<unsigned>(bytes));
  auto ends = into.initEnds(static_cast<unsigned>(items.size()));
  std::uint32_t end = 0;
  for (unsigned i = 0; i < items.size(); ++i) {
    const std::string_view text = std::invoke(of, items[i]);
    std::copy(text.begin(), text.end(), room.begin() + end);
    ends.set(i, end += static_cast<std::uint32_t>(text.size()));
  }
}

template <typename Init, typename Items>
void write_list(const Items& items, Init init) {
  if (items.empty()) return;
  auto list = init(static_cast<unsigned>(items.size()));
  for (unsigned i = 0; i < items.size(); ++i) put_text(items[i], [&](unsigned size) { return list.init(i, size); });
}

}  // namespace

void write(const record::Time& time, Time::Builder into) {
  into.setLocal(time.local);
  into.setOffsetMinutes(time.offset_minutes);
  into.setPrecision(static_cast<std::uint8_t>(time.precision));
}

void write(const record::Code& code, Code::Builder into) {
  put_text(code.system, [&](unsigned size) { return into.initSystem(size); });
  put_text(code.code, [&](unsigned size) { return into.initCode(size); });
  put_text(code.display, [&](unsigned size) { return into.initDisplay(size); });
}

void write(const record::Source& source, Source::Builder into) {
  put_text(source.organisation, [&](unsigned size) { return into.initOrganisation(size); });
  put_text(source.system, [&](unsigned size) { return into.initSystem(size); });
}

void write(const record::Identifier& identifier, Identifier::Builder into) {
  put_text(identifier.system, [&](unsigned size) { return into.initSystem(size); });
  put_text(identifier.value, [&](unsigned size) { return into.initValue(size); });
}

std::uint32_t EventsWriter::new_code(const record::Code& code) {
  codes_.push_back(code);
  bytes_ += 48 + code.system.size() + code.code.size() + code.display.size();
  return static_cast<std::uint32_t>(codes_.size());
}
std::uint32_t EventsWriter::new_unit(std::string_view unit) {
  units_.push_back(unit);
  bytes_ += 16 + unit.size();
  return static_cast<std::uint32_t>(units_.size());
}
std::uint32_t EventsWriter::new_source(const record::Source& source) {
  sources_.push_back(source);
  bytes_ += 32 + source.organisation.size() + source.system.size();
  return static_cast<std::uint32_t>(sources_.size());
}
std::uint32_t EventsWriter::new_text(std::string_view text) {
  texts_.push_back(text);
  bytes_ += 16 + text.size();
  return static_cast<std::uint32_t>(texts_.size());
}

// The display is a name of the code, not part of it: the first one stands for all.
std::uint32_t EventsWriter::code(const record::Code& code) {
  if (code.empty()) return 0;
  std::uint32_t& number = code_numbers_[{code.system, code.code}];
  if (number == 0) number = new_code(code);
  return number;
}
std::uint32_t EventsWriter::unit(std::string_view unit) {
  if (unit.empty()) return 0;
  std::uint32_t& number = unit_numbers_[unit];
  if (number == 0) number = new_unit(unit);
  return number;
}
std::uint32_t EventsWriter::source(const record::Source& source) {
  if (source.organisation.empty() && source.system.empty()) return 0;
  std::uint32_t& number = source_numbers_[{source.organisation, source.system}];
  if (number == 0) number = new_source(source);
  return number;
}

// What stands in the column of values for one that is no number.
std::int64_t EventsWriter::value_of(const Value& value) {
  switch (value.form) {
    case Value::Form::boolean: return value.boolean;
    case Value::Form::code: return code(value.code);
    case Value::Form::text: return new_text(value.text);
    case Value::Form::number:
    case Value::Form::none:
    case Value::Form::date: break;
  }
  return 0;
}

EventsWriter::Columns& EventsWriter::extend(std::size_t events) {
  const std::size_t size = columns_.number.size() + events;
  for_each(columns_, [size](auto& column) { column.resize(size); });
  bytes_ += event_bytes * events;
  return columns_;
}

void EventsWriter::add(const record::Event& event, WithDetails details) {
  const auto put = [](auto& column, auto to) {
    column.push_back(static_cast<std::decay_t<decltype(column.back())>>(to));
  };
  Columns& columns = columns_;
  put(columns.number, event.number);
  put(columns.kind, event.kind), put(columns.status, event.status);
  put(columns.certainty, event.certainty), put(columns.author, event.author);
  put(columns.code, code(event.code)), put(columns.unit, unit(event.value.unit)),
      put(columns.source, source(event.source));
  put(columns.start_local, event.start.local), put(columns.start_offset, event.start.offset_minutes);
  put(columns.start_precision, event.start.precision), put(columns.end_form, event.end.form);
  const record::Time end = event.end.form == record::End::Form::at ? event.end.at : nothing;
  put(columns.end_local, end.local), put(columns.end_offset, end.offset_minutes),
      put(columns.end_precision, end.precision);
  put(columns.value_form, form_of(event.value.form, event.value.comparator));
  const bool is_number = event.value.form == Value::Form::number;
  put(columns.value, is_number ? event.value.number.mantissa : value_of(event.value));
  put(columns.value_scale, is_number ? event.value.number.scale : 0);
  bytes_ += event_bytes;
  if (details == WithDetails::no) return;
  for (const record::Code& translation : event.translations) (void)code(translation);
  bytes_ += 128 + event.source_person.size() + event.record.size() + event.version.size() + event.encounter.size();
  for (const record::Attribute& attribute : event.attributes) {
    (void)code(attribute.value.code), (void)unit(attribute.value.unit);
    bytes_ += 64 + attribute.name.size() + attribute.value.text.size();
  }
  detailed_.push_back(event);
  check(detailed_.size() == size(), "details of all events, or of none");
}

void EventsWriter::write_details(const record::Event& event, Details::Builder into) const {
  const auto number_of = [this](const record::Code& code) { return code_numbers_.at({code.system, code.code}); };
  if (!event.translations.empty()) {
    auto list = into.initTranslations(static_cast<unsigned>(event.translations.size()));
    for (unsigned i = 0; i < event.translations.size(); ++i) list.set(i, number_of(event.translations[i]));
  }
  put_text(event.source_person, [&](unsigned size) { return into.initSourcePerson(size); });
  put_text(event.record, [&](unsigned size) { return into.initRecord(size); });
  put_text(event.version, [&](unsigned size) { return into.initVersion(size); });
  put_text(event.encounter, [&](unsigned size) { return into.initEncounter(size); });
  into.setPart(event.part);
  into.setOrdinal(event.ordinal);
  into.setSequence(event.sequence);
  into.setRecorded(event.recorded);
  into.setHasOriginal(event.has_original);
  if (event.attributes.empty()) return;
  auto attributes = into.initAttributes(static_cast<unsigned>(event.attributes.size()));
  for (unsigned i = 0; i < event.attributes.size(); ++i) {
    const record::Attribute& from = event.attributes[i];
    const Value& value = from.value;
    Attribute::Builder to = attributes[i];
    put_text(from.name, [&](unsigned size) { return to.initName(size); });
    to.setForm(form_of(value.form, value.comparator));
    if (!value.unit.empty()) to.setUnit(unit_numbers_.at(value.unit));
    switch (value.form) {
      case Value::Form::number: to.setNumber(value.number.mantissa), to.setScale(value.number.scale); break;
      case Value::Form::boolean: to.setNumber(value.boolean); break;
      case Value::Form::code: to.setNumber(value.code.empty() ? 0 : number_of(value.code)); break;
      case Value::Form::text: put_text(value.text, [&](unsigned size) { return to.initText(size); }); break;
      case Value::Form::date: wire::write(value.date, to.initDate()); break;
      case Value::Form::none: break;
    }
  }
}

void EventsWriter::write_codes(Codes::Builder into) const {
  if (codes_.empty()) return;
  std::vector<std::string_view> systems;
  std::vector<std::uint16_t> places;
  for (const record::Code& code : codes_) {
    // Few, and mostly the one of the code before.
    if (places.empty() || systems[places.back()] != code.system) {
      const auto found = std::ranges::find(systems, code.system);
      places.push_back(static_cast<std::uint16_t>(found - systems.begin()));
      if (found == systems.end()) systems.push_back(code.system);
    } else {
      places.push_back(places.back());
    }
  }
  check(systems.size() <= UINT16_MAX, "few systems in one batch");
  write_list(systems, [&](unsigned n) { return into.initSystems(n); });
  write_column(places, [&](unsigned n) { return into.initSystem(n); });
  write_texts(codes_, into.initTexts(), &record::Code::code);
  if (std::ranges::any_of(codes_, [](const record::Code& code) { return !code.display.empty(); }))
    write_texts(codes_, into.initDisplays(), &record::Code::display);
}

void EventsWriter::write(Events::Builder into) const {
  into.setCount(static_cast<std::uint32_t>(size()));
  write_codes(into.initCodes());
  if (!sources_.empty()) {
    auto list = into.initSources(static_cast<unsigned>(sources_.size()));
    for (unsigned i = 0; i < sources_.size(); ++i) wire::write(sources_[i], list[i]);
  }
  write_list(units_, [&](unsigned n) { return into.initUnits(n); });
  if (!texts_.empty()) write_texts(texts_, into.initTexts(), std::identity{});

  write_column(columns_.number, [&](unsigned n) { return into.initNumber(n); });
  write_column(columns_.kind, [&](unsigned n) { return into.initKind(n); });
  write_column(columns_.code, [&](unsigned n) { return into.initCode(n); });
  write_column(columns_.start_local, [&](unsigned n) { return into.initStartLocal(n); });
  write_column(columns_.start_offset, [&](unsigned n) { return into.initStartOffset(n); });
  write_column(columns_.start_precision, [&](unsigned n) { return into.initStartPrecision(n); });
  write_column(columns_.end_form, [&](unsigned n) { return into.initEndForm(n); });
  write_column(columns_.end_local, [&](unsigned n) { return into.initEndLocal(n); });
  write_column(columns_.end_offset, [&](unsigned n) { return into.initEndOffset(n); });
  write_column(columns_.end_precision, [&](unsigned n) { return into.initEndPrecision(n); });
  write_column(columns_.value_form, [&](unsigned n) { return into.initValueForm(n); });
  write_column(columns_.value, [&](unsigned n) { return into.initValue(n); });
  write_column(columns_.value_scale, [&](unsigned n) { return into.initValueScale(n); });
  write_column(columns_.unit, [&](unsigned n) { return into.initUnit(n); });
  write_column(columns_.source, [&](unsigned n) { return into.initSource(n); });
  write_column(columns_.status, [&](unsigned n) { return into.initStatus(n); });
  write_column(columns_.certainty, [&](unsigned n) { return into.initCertainty(n); });
  write_column(columns_.author, [&](unsigned n) { return into.initAuthor(n); });

  if (detailed_.empty()) return;
  auto details = into.initDetails(static_cast<unsigned>(detailed_.size()));
  for (unsigned i = 0; i < detailed_.size(); ++i) write_details(detailed_[i], details[i]);
}

void EventsWriter::clear() {
  for_each(columns_, [](auto& column) { column.clear(); });
  detailed_.clear(), codes_.clear(), units_.clear(), texts_.clear(), sources_.clear();
  code_numbers_.clear(), source_numbers_.clear(), unit_numbers_.clear();
  bytes_ = 0;
}

}  // namespace chartline::wire
