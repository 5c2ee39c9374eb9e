#include "formats/wire/events_reader.h"

#include <capnp/any.h>

#include <bit>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chartline::wire {
namespace {

using record::Value;

Error wrong(std::string_view column) {
  return invalid_request("events: the column " + std::string(column) + " is not as it may be");
}

// A column of `count`, of one value for all, or of none: then all are 0. Its numbers are read where they stand in the message
// (little-endian); the library looks at the bounds of each.
template <typename Item>
class Values {
 public:
  using List = typename capnp::List<Item>::Reader;
  // Notes its name in `unsound` where its length is none of these.
  Values(List list, std::uint32_t count, const char* name, const char*& unsound)
      : step_(list.size() > 1 ? 1 : 0), name_(name) {
    static_assert(std::endian::native == std::endian::little);
    if (list.size() > 1 && list.size() != count) unsound = name;
    if (list.size() == 0) return;
    const capnp::AnyList::Reader plain(list);
    if (plain.getElementSize() == capnp::_::elementSizeForType<Item>()) {
      first_ = reinterpret_cast<const Item*>(plain.getRawBytes().begin());
      return;
    }
    for (const Item item : list)
      copied_.push_back(item);  // structs whose first field it is, as later schemas may have it
    first_ = copied_.data();
  }
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;

  Item at(std::uint32_t i) const { return first_[i * step_]; }
  const char* name() const { return name_; }

 private:
  static constexpr Item none{};
  const Item* first_ = &none;
  const std::uint32_t step_;
  std::vector<Item> copied_;
  const char* name_;
};

template <typename Word>
bool is_word(unsigned number, int count, Word& word) {
  word = static_cast<Word>(number);
  return number < static_cast<unsigned>(count);
}

// What a number from 1 names; nothing for 0.
template <typename Item>
bool is_named(const std::vector<Item>& items, std::int64_t number, Item& item) {
  if (number == 0) return true;
  if (number < 0 || static_cast<std::uint64_t>(number) > items.size()) return false;
  item = items[static_cast<std::size_t>(number - 1)];
  return true;
}

bool is_time(unsigned precision, record::Time& time) {
  return is_word(precision, static_cast<int>(record::Precision::finer) + 1, time.precision) && is_normal(time);
}

// Nothing where the ends do not rise to the number of bytes.
std::optional<std::vector<std::string_view>> read_texts(Texts::Reader from) {
  const auto bytes = from.getBytes();
  const std::string_view all(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
  std::vector<std::string_view> texts;
  std::size_t begin = 0;
  for (const std::uint32_t end : from.getEnds()) {
    if (end < begin || end > all.size()) return std::nullopt;
    texts.push_back(all.substr(begin, end - begin));
    begin = end;
  }
  if (begin != all.size()) return std::nullopt;
  return texts;
}

std::optional<std::vector<record::Code>> read_codes(Codes::Reader from) {
  const auto texts = read_texts(from.getTexts()), displays = read_texts(from.getDisplays());
  if (!texts || !displays || (!displays->empty() && displays->size() != texts->size())) return std::nullopt;
  const auto systems = from.getSystems();
  const char* unsound = nullptr;
  const Values<std::uint16_t> system(from.getSystem(), static_cast<std::uint32_t>(texts->size()), "system", unsound);
  if (unsound) return std::nullopt;
  std::vector<record::Code> codes;
  for (std::uint32_t i = 0; i < texts->size(); ++i) {
    if (system.at(i) >= systems.size() || (*texts)[i].empty()) return std::nullopt;
    codes.push_back({.system = view(systems[system.at(i)]),
                     .code = (*texts)[i],
                     .display = displays->empty() ? std::string_view() : (*displays)[i]});
  }
  return codes;
}

// What the columns of one batch name.
struct Names {
  std::vector<record::Code> codes;
  std::vector<std::string_view> units, texts;
  std::vector<record::Source> sources;
  const char* unsound = nullptr;

  explicit Names(Events::Reader from) {
    auto some_codes = read_codes(from.getCodes());
    auto some_texts = read_texts(from.getTexts());
    if (!some_codes) unsound = "codes";
    if (!some_texts) unsound = "texts";
    if (unsound) return;
    codes = std::move(*some_codes), texts = std::move(*some_texts);
    for (const capnp::Text::Reader unit : from.getUnits()) units.push_back(view(unit));
    for (const Source::Reader source : from.getSources())
      sources.push_back({.organisation = view(source.getOrganisation()), .system = view(source.getSystem())});
  }
};

bool read_form(unsigned form, Value& value) {
  return is_word(form & 15u, static_cast<int>(Value::Form::date) + 1, value.form) &&
         is_word(form >> 4, record::comparator_count, value.comparator) &&
         (value.comparator == record::Comparator::equal || value.form == Value::Form::number);
}

// What a form has besides its number: false where the number cannot be one of that form.
bool read_value(std::int64_t number, std::int8_t scale, const Names& names, Value& value) {
  switch (value.form) {
    case Value::Form::none:
    case Value::Form::date: return number == 0;
    case Value::Form::number: value.number = {.mantissa = number, .scale = scale}; return is_normal(value.number);
    case Value::Form::boolean: value.boolean = number == 1; return number == 0 || number == 1;
    case Value::Form::code: return is_named(names.codes, number, value.code);
    case Value::Form::text: return is_named(names.texts, number, value.text);
  }
  return false;
}

Result<record::Attribute> read_attribute(Attribute::Reader from, const Names& names) {
  record::Attribute attribute{.name = view(from.getName()), .value = {}};
  Value& value = attribute.value;
  if (!read_form(from.getForm(), value)) return wrong("details.attributes.form");
  if (value.form == Value::Form::text) {
    value.text = view(from.getText());
  } else if (!read_value(from.getNumber(), from.getScale(), names, value)) {
    return wrong("details.attributes.number");
  }
  if (!is_named(names.units, from.getUnit(), value.unit)) return wrong("details.attributes.unit");
  if (value.form == Value::Form::date) value.date = TRY(read_time(from.getDate()));
  return attribute;
}

Result<void> read_details(Details::Reader from, const Names& names, record::Event& event, record::Arena& into) {
  if (from.hasTranslations()) {
    std::vector<record::Code> translations;
    for (const std::uint32_t number : from.getTranslations()) {
      if (number == 0 || !is_named(names.codes, number, translations.emplace_back()))
        return wrong("details.translations");
    }
    event.translations = into.array(translations);
  }
  event.source_person = view(from.getSourcePerson());
  event.record = view(from.getRecord());
  event.version = view(from.getVersion());
  event.part = from.getPart();
  event.ordinal = from.getOrdinal();
  event.sequence = from.getSequence();
  event.encounter = view(from.getEncounter());
  event.recorded = from.getRecorded();
  event.has_original = from.getHasOriginal();
  if (from.hasAttributes()) {
    std::vector<record::Attribute> attributes;
    for (const Attribute::Reader attribute : from.getAttributes())
      attributes.push_back(TRY(read_attribute(attribute, names)));
    event.attributes = into.array(attributes);
  }
  return {};
}

}  // namespace

Result<record::Time> read_time(Time::Reader from) {
  record::Time time{.local = from.getLocal(), .offset_minutes = from.getOffsetMinutes(), .precision = {}};
  if (!is_time(from.getPrecision(), time)) return invalid_request("a time is not one of the calendar");
  return time;
}

record::Code read_code(Code::Reader from) {
  return {.system = view(from.getSystem()), .code = view(from.getCode()), .display = view(from.getDisplay())};
}

record::Identifier read_identifier(Identifier::Reader from) {
  return {.system = view(from.getSystem()), .value = view(from.getValue())};
}

namespace {

class EventColumns {
 public:
  EventColumns(Events::Reader from, std::uint32_t count) : from_(from), count_(count), names_(from) {}

  Result<void> check() const {
    if (names_.unsound) return wrong(names_.unsound);
    if (unsound_) return wrong(unsound_);
    const unsigned details = details_.size();
    return details == 0 || details == count_ ? Result<void>() : wrong("details");
  }

  Result<void> read(std::uint32_t i, record::Event& event, record::Arena& into) const {
    event.number = number_.at(i);
    if (!is_word(kind_.at(i), record::kind_count, event.kind)) return wrong(kind_.name());
    if (!is_word(status_.at(i), record::status_count, event.status)) return wrong(status_.name());
    if (!is_word(certainty_.at(i), record::certainty_count, event.certainty)) return wrong(certainty_.name());
    if (!is_word(author_.at(i), record::author_count, event.author)) return wrong(author_.name());
    if (!is_named(names_.codes, code_.at(i), event.code)) return wrong(code_.name());
    if (!is_named(names_.sources, source_.at(i), event.source)) return wrong(source_.name());
    event.start = {.local = start_local_.at(i), .offset_minutes = start_offset_.at(i), .precision = {}};
    if (!is_time(start_precision_.at(i), event.start)) return wrong(start_local_.name());
    if (!is_word(end_form_.at(i), end_forms, event.end.form)) return wrong(end_form_.name());
    if (event.end.form == record::End::Form::at) {
      event.end.at = {.local = end_local_.at(i), .offset_minutes = end_offset_.at(i), .precision = {}};
      if (!is_time(end_precision_.at(i), event.end.at)) return wrong(end_local_.name());
    }
    if (!read_form(value_form_.at(i), event.value) || event.value.form == Value::Form::date)
      return wrong(value_form_.name());
    if (!read_value(value_.at(i), value_scale_.at(i), names_, event.value)) return wrong(value_.name());
    if (!is_named(names_.units, unit_.at(i), event.value.unit)) return wrong(unit_.name());
    return details_.size() == 0 ? Result<void>() : read_details(details_[i], names_, event, into);
  }

 private:
  static constexpr int end_forms = static_cast<int>(record::End::Form::unknown) + 1;

  Events::Reader from_;
  std::uint32_t count_;
  Names names_;
  capnp::List<Details>::Reader details_ = from_.getDetails();
  const char* unsound_ = nullptr;
  Values<std::uint32_t> number_{from_.getNumber(), count_, "number", unsound_};
  Values<std::uint8_t> kind_{from_.getKind(), count_, "kind", unsound_};
  Values<std::uint32_t> code_{from_.getCode(), count_, "code", unsound_};
  Values<std::int64_t> start_local_{from_.getStartLocal(), count_, "startLocal", unsound_};
  Values<std::int16_t> start_offset_{from_.getStartOffset(), count_, "startOffset", unsound_};
  Values<std::uint8_t> start_precision_{from_.getStartPrecision(), count_, "startPrecision", unsound_};
  Values<std::uint8_t> end_form_{from_.getEndForm(), count_, "endForm", unsound_};
  Values<std::int64_t> end_local_{from_.getEndLocal(), count_, "endLocal", unsound_};
  Values<std::int16_t> end_offset_{from_.getEndOffset(), count_, "endOffset", unsound_};
  Values<std::uint8_t> end_precision_{from_.getEndPrecision(), count_, "endPrecision", unsound_};
  Values<std::uint8_t> value_form_{from_.getValueForm(), count_, "valueForm", unsound_};
  Values<std::int64_t> value_{from_.getValue(), count_, "value", unsound_};
  Values<std::int8_t> value_scale_{from_.getValueScale(), count_, "valueScale", unsound_};
  Values<std::uint32_t> unit_{from_.getUnit(), count_, "unit", unsound_};
  Values<std::uint32_t> source_{from_.getSource(), count_, "source", unsound_};
  Values<std::uint8_t> status_{from_.getStatus(), count_, "status", unsound_};
  Values<std::uint8_t> certainty_{from_.getCertainty(), count_, "certainty", unsound_};
  Values<std::uint8_t> author_{from_.getAuthor(), count_, "author", unsound_};
};

}  // namespace

Result<std::vector<record::Event>> read_events(Events::Reader from, record::Arena& into) {
  const std::uint32_t count = from.getCount();
  if (count > events_max) return invalid_request("a batch holds at most " + std::to_string(events_max) + " events");
  const EventColumns columns(from, count);
  TRY(columns.check());
  std::vector<record::Event> events(count);
  for (std::uint32_t i = 0; i < count; ++i) TRY(columns.read(i, events[i], into));
  return events;
}

}  // namespace chartline::wire
