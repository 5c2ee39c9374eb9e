#include "formats/wire/events_writer.h"

#include <algorithm>
#include <functional>

#include "base/check.h"

namespace chartline::wire {
namespace {

using record::Value;

std::uint8_t form_of(Value::Form form, record::Comparator comparator) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(form) | static_cast<unsigned>(comparator) << 4);
}

// One column: nothing where all are 0, one value where all are equal, else each.
template <typename Item, typename Rows, typename Init, typename Of>
void write_column(const Rows& rows, Init init, Of of) {
  if (rows.empty()) return;
  const Item first = of(rows.front());
  if (std::ranges::all_of(rows, [&](const auto& row) { return of(row) == first; })) {
    if (first != Item{}) init(1).set(0, first);
    return;
  }
  auto column = init(static_cast<unsigned>(rows.size()));
  for (unsigned i = 0; i < rows.size(); ++i) column.set(i, of(rows[i]));
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
  for (unsigned i = 0; i < items.size(); ++i)
    put_text(items[i], [&](unsigned size) { return list.init(i, size); });
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

void EventsWriter::add(const Hot& hot) {
  rows_.push_back(hot);
  bytes_ += 40;
}

void EventsWriter::add(const record::Event& event, WithDetails details) {
  Hot hot{.start = event.start,
          .end = event.end,
          .kind = event.kind,
          .status = event.status,
          .certainty = event.certainty,
          .author = event.author,
          .number = event.number,
          .code = code(event.code),
          .unit = unit(event.value.unit),
          .source = source(event.source),
          .form = event.value.form,
          .comparator = event.value.comparator};
  switch (event.value.form) {
    case Value::Form::number: hot.value = event.value.number.mantissa, hot.scale = event.value.number.scale; break;
    case Value::Form::boolean: hot.value = event.value.boolean; break;
    case Value::Form::code: hot.value = code(event.value.code); break;
    case Value::Form::text: hot.value = new_text(event.value.text); break;
    case Value::Form::none:
    case Value::Form::date: break;
  }
  add(hot);
  if (details == WithDetails::no) return;
  for (const record::Code& translation : event.translations) (void)code(translation);
  bytes_ += 128 + event.source_person.size() + event.record.size() + event.version.size() + event.encounter.size();
  for (const record::Attribute& attribute : event.attributes) {
    (void)code(attribute.value.code), (void)unit(attribute.value.unit);
    bytes_ += 64 + attribute.name.size() + attribute.value.text.size();
  }
  detailed_.push_back(event);
  check(detailed_.size() == rows_.size(), "details of all events, or of none");
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
  write_column<std::uint16_t>(places, [&](unsigned n) { return into.initSystem(n); }, std::identity{});
  write_texts(codes_, into.initTexts(), &record::Code::code);
  if (std::ranges::any_of(codes_, [](const record::Code& code) { return !code.display.empty(); }))
    write_texts(codes_, into.initDisplays(), &record::Code::display);
}

void EventsWriter::write(Events::Builder into) const {
  into.setCount(static_cast<std::uint32_t>(rows_.size()));
  write_codes(into.initCodes());
  if (!sources_.empty()) {
    auto list = into.initSources(static_cast<unsigned>(sources_.size()));
    for (unsigned i = 0; i < sources_.size(); ++i) wire::write(sources_[i], list[i]);
  }
  write_list(units_, [&](unsigned n) { return into.initUnits(n); });
  if (!texts_.empty()) write_texts(texts_, into.initTexts(), std::identity{});

  const auto column = [this](auto init, auto of) {
    write_column<std::decay_t<decltype(of(rows_.front()))>>(rows_, init, of);
  };
  const auto u8 = [](auto word) { return static_cast<std::uint8_t>(word); };
  const auto at = [](const Hot& hot) { return hot.end.form == record::End::Form::at ? hot.end.at : record::Time{}; };
  column([&](unsigned n) { return into.initNumber(n); }, [](const Hot& hot) { return hot.number; });
  column([&](unsigned n) { return into.initKind(n); }, [&](const Hot& hot) { return u8(hot.kind); });
  column([&](unsigned n) { return into.initCode(n); }, [](const Hot& hot) { return hot.code; });
  column([&](unsigned n) { return into.initStartLocal(n); }, [](const Hot& hot) { return hot.start.local; });
  column([&](unsigned n) { return into.initStartOffset(n); }, [](const Hot& hot) { return hot.start.offset_minutes; });
  column([&](unsigned n) { return into.initStartPrecision(n); }, [&](const Hot& hot) { return u8(hot.start.precision); });
  column([&](unsigned n) { return into.initEndForm(n); }, [&](const Hot& hot) { return u8(hot.end.form); });
  column([&](unsigned n) { return into.initEndLocal(n); }, [&](const Hot& hot) { return at(hot).local; });
  column([&](unsigned n) { return into.initEndOffset(n); }, [&](const Hot& hot) { return at(hot).offset_minutes; });
  column([&](unsigned n) { return into.initEndPrecision(n); }, [&](const Hot& hot) { return u8(at(hot).precision); });
  column([&](unsigned n) { return into.initValueForm(n); }, [](const Hot& hot) { return form_of(hot.form, hot.comparator); });
  column([&](unsigned n) { return into.initValue(n); }, [](const Hot& hot) { return hot.value; });
  column([&](unsigned n) { return into.initValueScale(n); }, [](const Hot& hot) { return hot.scale; });
  column([&](unsigned n) { return into.initUnit(n); }, [](const Hot& hot) { return hot.unit; });
  column([&](unsigned n) { return into.initSource(n); }, [](const Hot& hot) { return hot.source; });
  column([&](unsigned n) { return into.initStatus(n); }, [&](const Hot& hot) { return u8(hot.status); });
  column([&](unsigned n) { return into.initCertainty(n); }, [&](const Hot& hot) { return u8(hot.certainty); });
  column([&](unsigned n) { return into.initAuthor(n); }, [&](const Hot& hot) { return u8(hot.author); });

  if (detailed_.empty()) return;
  auto details = into.initDetails(static_cast<unsigned>(detailed_.size()));
  for (unsigned i = 0; i < detailed_.size(); ++i) write_details(detailed_[i], details[i]);
}

void EventsWriter::clear() {
  rows_.clear(), detailed_.clear(), codes_.clear(), units_.clear(), texts_.clear(), sources_.clear();
  code_numbers_.clear(), source_numbers_.clear(), unit_numbers_.clear();
  bytes_ = 0;
}

}  // namespace chartline::wire
