// Event: one clinical or care fact of one patient. Everything in it is borrowed: text lives in an Arena (or in a View's
// decoded run) that outlives it, so that an event is made, copied and passed on without allocating.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "formats/record/decimal.h"
#include "formats/record/kind.h"
#include "formats/record/time.h"

namespace chartline::record {

// A code in its canonical form (see systems.h). The display is what a source called it: never part of identity.
struct Code {
  std::string_view system{};  // short name where there is one ("snomed"), else the source's own; never empty for a code
  std::string_view code{};
  std::string_view display{};
  bool empty() const { return code.empty(); }
};
inline bool same(const Code& a, const Code& b) { return a.system == b.system && a.code == b.code; }

struct Value {
  enum class Form : std::uint8_t { none = 0, number = 1, code = 2, text = 3, boolean = 4, date = 5 };
  Form form = Form::none;
  Comparator comparator = Comparator::equal;  // number only
  bool boolean = false;
  Decimal number{};
  std::string_view unit{};  // number only; UCUM where the source says so; "" for none
  Code code{};
  std::string_view text{};
  Time date{};  // attributes only
};

struct Attribute {
  std::string_view name{};  // "dose", "days_supply", "body_site"; lower case, words joined by _
  Value value{};
};

// Who said so.
struct Source {
  std::string_view organisation{};  // "RYJ", "synthea"
  std::string_view system{};        // "fhir", "omop", the name of a feed; may be empty
};

struct Identifier {
  std::string_view system{};  // "nhs", a URI, or the name a source gives its own ids
  std::string_view value{};
};

// The value under which facts of no person are kept (organisations, code systems, price lists): a patient to the store, to
// whom no question about people is asked.
inline constexpr std::string_view nobody = "(no patient)";

struct Event {
  Kind kind = Kind::other;
  Status status = Status::none;
  Certainty certainty = Certainty::none;
  Author author = Author::unknown;
  Code code{};                           // primary
  std::span<const Code> translations{};  // further codings of the same fact; it still counts once
  Time start{};
  End end{};
  Value value{};
  Source source{};
  std::string_view source_person{};  // the source's own id for the person, where the store knows them by another
  std::string_view record{};         // the source's stable id of the record; "" = identified by content and ordinal
  std::string_view version{};        // the source's version of the record, if any
  std::uint32_t part = 0;            // place within a record of several events (components)
  std::uint64_t sequence = 0;        // place in the source among this patient's events of the same time: breaks ties
  std::uint32_t ordinal = 0;         // without a record id: which of several equal rows this is, from 0
  std::string_view encounter{};      // record id of the encounter it belongs to; "" for none
  std::span<const Attribute> attributes{};  // sorted by name

  // Given by the store; zero on the way in.
  std::uint32_t number = 0;  // per patient, in order of arrival, never reused; from 1
  Micros recorded = 0;       // transaction time
  bool has_original = false;
};

// Names of attributes that more than one part of Chartline knows.
namespace attribute {
inline constexpr std::string_view birth = "birth";  // kind patient: date
inline constexpr std::string_view sex = "sex";      // kind patient: code gender:female | male | other | unknown
inline constexpr std::string_view death = "death";  // kind patient: date (or precision none: dead, date unknown)
inline constexpr std::string_view given_name = "given_name";    // kind patient: text
inline constexpr std::string_view family_name = "family_name";  // kind patient: text
}  // namespace attribute

// A write: everything one record of one source says, all its events together; a later version replaces them all.
// All events carry the same source, record and version. Status entered_in_error on all of them hides the record.
struct Record {
  std::span<const Identifier> identifiers{};  // whose it is: first the source's name for the person, others are added
  std::span<const Event> events{};
  std::string_view original{};  // the bytes as received; "" for none

  // Conditional writes. `any`: always. `absent`: only if the record is unknown. `version`: only if its current version
  // is the one demanded.
  enum class Demand : std::uint8_t { any = 0, absent = 1, version = 2 };
  Demand demand = Demand::any;
  std::string_view demanded_version{};
};

// Owns text and small arrays until it is cleared or destroyed. Not thread safe.
class Arena {
 public:
  std::string_view text(std::string_view bytes) {
    if (bytes.empty()) return {};
    char* at = static_cast<char*>(memory_.allocate(bytes.size(), 1));
    std::char_traits<char>::copy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
  }
  template <typename T>
  std::span<T> array(std::span<const T> items) {
    if (items.empty()) return {};
    T* at = static_cast<T*>(memory_.allocate(items.size_bytes(), alignof(T)));
    std::uninitialized_copy(items.begin(), items.end(), at);
    return {at, items.size()};
  }
  template <typename T>
  std::span<T> array(const std::vector<T>& items) {
    return array(std::span<const T>(items));
  }
  void clear() { memory_.release(); }

 private:
  std::pmr::monotonic_buffer_resource memory_;
};

Event copy(const Event& event, Arena& into);  // deep: afterwards it borrows only from `into`
Record copy(const Record& record, Arena& into);

// Two events tell the same fact: every field that the source gave, and none that the store gave (number, recorded,
// has_original), nor displays.
bool same_content(const Event& a, const Event& b);

}  // namespace chartline::record
