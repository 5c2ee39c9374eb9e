// EventsWriter: events on their way into a message, as the columns of wire::Events. Text is borrowed until write().
//
//   EventsWriter writer;
//   for (const record::Event& event : events) writer.add(event, Details::yes);
//   writer.write(message.initRoot<wire::Events>());
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/record/event.h"
#include "formats/wire/chartline.capnp.h"

namespace chartline::wire {

enum class WithDetails : bool { no, yes };

class EventsWriter {
 public:
  // An event without its details; what it names are numbers that the writer gave.
  struct Hot {
    record::Time start{};
    record::End end{};
    record::Kind kind{};
    record::Status status{};
    record::Certainty certainty{};
    record::Author author{};
    std::uint32_t number = 0, code = 0, unit = 0, source = 0;
    record::Value::Form form{};
    record::Comparator comparator{};
    std::int64_t value = 0;
    std::int8_t scale = 0;
  };
  void add(const Hot& hot);
  void add(const record::Event& event, WithDetails details);

  // A name that the writer has not had before: who knows names by number asks once for each.
  std::uint32_t new_code(const record::Code& code);
  std::uint32_t new_unit(std::string_view unit);
  std::uint32_t new_source(const record::Source& source);
  std::uint32_t new_text(std::string_view text);

  std::size_t size() const { return rows_.size(); }
  std::size_t bytes() const { return bytes_; }  // about what write() will take
  void write(Events::Builder into) const;
  void clear();

 private:
  std::uint32_t code(const record::Code& code);
  std::uint32_t unit(std::string_view unit);
  std::uint32_t source(const record::Source& source);
  void write_codes(Codes::Builder into) const;
  void write_details(const record::Event& event, Details::Builder into) const;

  std::vector<Hot> rows_;
  std::vector<record::Event> detailed_;  // of all rows, or of none
  std::vector<record::Code> codes_;
  std::vector<std::string_view> units_, texts_;
  std::vector<record::Source> sources_;
  std::map<std::pair<std::string_view, std::string_view>, std::uint32_t> code_numbers_, source_numbers_;
  std::map<std::string_view, std::uint32_t> unit_numbers_;
  std::size_t bytes_ = 0;
};

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
