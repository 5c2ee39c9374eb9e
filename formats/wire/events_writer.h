// EventsWriter: events on their way into a message, as the columns of wire::Events. Text is borrowed until write().
//
//   EventsWriter writer;
//   for (const record::Event& event : events) writer.add(event, Details::yes);
//   writer.write(message.initRoot<wire::Events>());
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "formats/record/event.h"
#include "formats/wire/chartline.capnp.h"

namespace chartline::wire {

enum class WithDetails : bool { no, yes };

class EventsWriter {
 public:
  // Columns of events without their details, all equally long, as wire::Events has them; what they name are numbers that the
  // writer gave.
  struct Columns {
    std::vector<std::uint32_t> number, code, unit, source;
    std::vector<std::uint8_t> kind, status, certainty, author;
    std::vector<std::int64_t> start_local, end_local, value;
    std::vector<std::int16_t> start_offset, end_offset;
    std::vector<std::uint8_t> start_precision, end_precision, end_form, value_form;
    std::vector<std::int8_t> value_scale;
  };
  // Room for so many events more, all 0, which the caller fills.
  Columns& extend(std::size_t events);
  void add(const record::Event& event, WithDetails details);

  // A name that the writer has not had before: who knows names by number asks once for each.
  std::uint32_t new_code(const record::Code& code);
  std::uint32_t new_unit(std::string_view unit);
  std::uint32_t new_source(const record::Source& source);
  std::uint32_t new_text(std::string_view text);

  std::size_t size() const { return columns_.number.size(); }
  std::size_t bytes() const { return bytes_; }  // about what write() will take
  void write(Events::Builder into) const;
  void clear();

 private:
  std::uint32_t code(const record::Code& code);
  std::uint32_t unit(std::string_view unit);
  std::uint32_t source(const record::Source& source);
  std::int64_t value_of(const record::Value& value);
  void write_codes(Codes::Builder into) const;
  void write_details(const record::Event& event, Details::Builder into) const;

  Columns columns_;
  std::vector<record::Event> detailed_;  // of all events, or of none
  std::vector<record::Code> codes_;
  std::vector<std::string_view> units_, texts_;
  std::vector<record::Source> sources_;
  using Names = std::pair<std::string_view, std::string_view>;
  struct HashOfNames {
    std::size_t operator()(const Names& names) const {
      const std::hash<std::string_view> hash;
      return hash(names.second) * 31 + names.first.size();  // few systems, many codes
    }
  };
  std::unordered_map<Names, std::uint32_t, HashOfNames> code_numbers_, source_numbers_;
  std::unordered_map<std::string_view, std::uint32_t> unit_numbers_;
  std::size_t bytes_ = 0;
};

// Value::Form and Comparator in one, as valueForm has them.
inline std::uint8_t form_of(record::Value::Form form, record::Comparator comparator) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(form) | static_cast<unsigned>(comparator) << 4);
}

void write(const record::Time& time, Time::Builder into);
void write(const record::Code& code, Code::Builder into);
void write(const record::Source& source, Source::Builder into);
void write(const record::Identifier& identifier, Identifier::Builder into);

// Text that need not end with a zero, as Text::Reader must: put_text(view, [&](auto size) { return into.initName(size); })
template <typename Init>
void put_text(std::string_view text, Init init) {
  if (text.empty()) return;
  auto room = init(static_cast<unsigned>(text.size()));
  std::char_traits<char>::copy(reinterpret_cast<char*>(room.begin()), text.data(), text.size());
}

}  // namespace chartline::wire
