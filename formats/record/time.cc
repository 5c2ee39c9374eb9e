#include "formats/record/time.h"

#include <bit>
#include <cstring>
#include <limits>

#include "formats/record/words.h"

namespace chartline::record {
namespace {

constexpr Words<Precision, 6> precisions{{{
    {Precision::none, "none"},
    {Precision::year, "year"},
    {Precision::month, "month"},
    {Precision::day, "day"},
    {Precision::second, "second"},
    {Precision::finer, "finer"},
}}};

constexpr Words<End::Form, 4> end_forms{{{
    {End::Form::point, "point"},
    {End::Form::at, "at"},
    {End::Form::ongoing, "ongoing"},
    {End::Form::unknown, "unknown"},
}}};

constexpr int offset_minutes_max = 14 * 60;
constexpr Micros micros_per_minute = 60 * micros_per_second;

constexpr Micros floor_divide(Micros dividend, Micros divisor) {
  const Micros quotient = dividend / divisor;
  return quotient - (dividend % divisor < 0 ? 1 : 0);
}

// Years are counted from March in the two below, so that a leap day is the last of its year and each month starts after
// the same number of days; 400 years (an era) have 146,097 days.
constexpr std::int64_t days_per_era = 146'097;
constexpr std::int64_t days_to_epoch = 719'468;  // 0000-03-01 to 1970-01-01

constexpr std::int64_t civil_to_days(std::int64_t year, unsigned month, unsigned day) {
  const std::int64_t march_year = month <= 2 ? year - 1 : year;
  const std::int64_t era = floor_divide(march_year, 400);
  const std::int64_t year_of_era = march_year - era * 400;
  const unsigned months_since_march = (month + 9) % 12;
  const unsigned day_of_year = (153 * months_since_march + 2) / 5 + day - 1;
  return era * days_per_era + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - days_to_epoch;
}

constexpr CivilDay days_to_civil(std::int64_t day) {
  const std::int64_t since_march_0000 = day + days_to_epoch;
  const std::int64_t era = floor_divide(since_march_0000, days_per_era);
  const std::int64_t day_of_era = since_march_0000 - era * days_per_era;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t months_since_march = (5 * day_of_year + 2) / 153;
  const auto month = static_cast<unsigned>(months_since_march < 10 ? months_since_march + 3 : months_since_march - 9);
  return {.year = static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)),
          .month = month,
          .day = static_cast<unsigned>(day_of_year - (153 * months_since_march + 2) / 5 + 1)};
}

constexpr bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr unsigned days_in_month(int year, unsigned month) {
  constexpr std::array<std::uint8_t, 13> days = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29u : days[month];
}

// Reads from the left; the first thing that is not as asked for makes the whole text bad.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  template <unsigned count>
  unsigned digits() {
    if (end_ - at_ < static_cast<std::ptrdiff_t>(count)) return bad_ = true, 0;
    unsigned number = 0;
    for (unsigned i = 0; i < count; ++i) {
      const unsigned digit = static_cast<unsigned char>(at_[i]) - unsigned{'0'};
      bad_ |= digit > 9;
      number = number * 10 + digit;
    }
    at_ += count;
    return number;
  }
  bool skip(char wanted) {
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  void demand(bool holds) { bad_ |= !holds; }
  // 1 to 9 digits of a second's fraction; what is finer than a microsecond is cut off.
  unsigned fraction_micros() {
    unsigned micros = 0;
    unsigned count = 0;
    for (; at_ != end_ && static_cast<unsigned char>(*at_ - '0') <= 9; ++at_, ++count) {
      if (count < 6) micros = micros * 10 + static_cast<unsigned>(*at_ - '0');
    }
    for (unsigned i = count; i < 6; ++i) micros *= 10;
    demand(count >= 1 && count <= 9);
    return micros;
  }
  bool at_end() const { return at_ == end_; }
  bool good() const { return !bad_; }

 private:
  const char* at_;
  const char* end_;
  bool bad_ = false;
};

// [Z|+hh:mm|-hh:mm], -14:00 to +14:00.
std::int16_t scan_offset(Scanner& scan, std::int16_t default_offset_minutes) {
  if (scan.at_end()) return default_offset_minutes;
  if (scan.skip('Z')) return 0;
  const bool west = scan.skip('-');
  scan.demand(west || scan.skip('+'));
  const unsigned hours = scan.digits<2>();
  scan.demand(scan.skip(':'));
  const unsigned minutes = scan.digits<2>();
  scan.demand(minutes <= 59 && hours * 60 + minutes <= offset_minutes_max);
  const int offset = static_cast<int>(hours * 60 + minutes);
  return static_cast<std::int16_t>(west ? -offset : offset);
}

// Writes to the right; the longest time, of a year far beyond 9999, has 34 characters.
class Printer {
 public:
  void character(char c) { *at_++ = c; }
  template <unsigned count>
  void digits(unsigned number) {
    for (unsigned i = count; i-- > 0; number /= 10) at_[i] = static_cast<char>('0' + number % 10);
    at_ += count;
  }
  void clock(Micros of_day, bool with_fraction) {
    const auto seconds = static_cast<unsigned>(of_day / micros_per_second);
    const auto micros = static_cast<unsigned>(of_day % micros_per_second);
    digits<2>(seconds / 3'600);
    character(':');
    digits<2>(seconds / 60 % 60);
    character(':');
    digits<2>(seconds % 60);
    if (!with_fraction) return;
    character('.');
    if (micros % 1'000 == 0) {
      digits<3>(micros / 1'000);
    } else {
      digits<6>(micros);
    }
  }
  void offset(int offset_minutes) {
    if (offset_minutes == 0) return character('Z');
    character(offset_minutes < 0 ? '-' : '+');
    const auto minutes = static_cast<unsigned>(offset_minutes < 0 ? -offset_minutes : offset_minutes);
    digits<2>(minutes / 60);
    character(':');
    digits<2>(minutes % 60);
  }
  std::string_view text() const { return {text_, static_cast<std::size_t>(at_ - text_)}; }

 private:
  char text_[40];
  char* at_ = text_;
};

// The wall clock at the start of the next year, month, day, second or microsecond.
Micros next_local(const Time& time) {
  const CivilDay first = civil(time.day());
  switch (time.precision) {
    case Precision::year: return civil_to_days(std::int64_t{first.year} + 1, 1, 1) * micros_per_day;
    case Precision::month:
      return (first.month == 12 ? civil_to_days(std::int64_t{first.year} + 1, 1, 1)
                                : civil_to_days(first.year, first.month + 1, 1)) *
             micros_per_day;
    case Precision::day: return time.local + micros_per_day;
    case Precision::second: return time.local + micros_per_second;
    default: return time.local + 1;
  }
}

}  // namespace

std::string_view name(Precision precision) { return precisions.name(precision); }
std::string_view name(End::Form form) { return end_forms.name(form); }

Day Time::day() const { return static_cast<Day>(floor_divide(local, micros_per_day)); }

Interval interval(const Time& time) {
  if (!time.known()) return {std::numeric_limits<Micros>::min(), std::numeric_limits<Micros>::max()};
  return {time.instant(), next_local(time) - time.offset_minutes * micros_per_minute};
}

bool is_normal(const Time& time) {
  constexpr Micros first = civil_to_days(1, 1, 1) * micros_per_day;
  constexpr Micros past = civil_to_days(10'000, 1, 1) * micros_per_day;
  if (time.local < first || time.local >= past) return false;
  if (time.offset_minutes < -offset_minutes_max || time.offset_minutes > offset_minutes_max) return false;
  const CivilDay date = civil(time.day());
  switch (time.precision) {
    case Precision::none: return time == Time{};
    case Precision::year: return time.local == civil_to_days(date.year, 1, 1) * micros_per_day;
    case Precision::month: return time.local == civil_to_days(date.year, date.month, 1) * micros_per_day;
    case Precision::day: return time.local % micros_per_day == 0;
    case Precision::second: return time.local % micros_per_second == 0;
    case Precision::finer: return true;
  }
  return false;
}

Time day_time(Day day, std::int16_t offset_minutes) {
  return {.local = day * micros_per_day, .offset_minutes = offset_minutes, .precision = Precision::day};
}

Time at_instant(Micros utc, std::int16_t offset_minutes) {
  return {.local = utc + offset_minutes * micros_per_minute,
          .offset_minutes = offset_minutes,
          .precision = utc % micros_per_second == 0 ? Precision::second : Precision::finer};
}

CivilDay civil(Day day) { return days_to_civil(day); }
Day days_from_civil(int year, unsigned month, unsigned day) {
  return static_cast<Day>(civil_to_days(year, month, day));
}
bool is_civil(int year, unsigned month, unsigned day) {
  return month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
}

namespace {

// Eight characters that are digits where the pattern has a 0, and else what it has.
struct EightCharacters {
  consteval EightCharacters(const char (&pattern)[9]) {
    for (unsigned i = 0; i < 8; ++i) {
      same |= std::uint64_t{static_cast<std::uint8_t>(pattern[i])} << 8 * i;
      over |= std::uint64_t{pattern[i] == '0' ? 0x76u : 0x7fu} << 8 * i;
    }
  }
  std::uint64_t same = 0, over = 0;  // a byte of 7 bits that is greater than it may be carries into its highest bit
};

// The pair of digits that begins at each place, as bytes; nothing for any other text.
std::optional<std::uint64_t> pairs_of_digits(const char* text, EightCharacters wanted) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  word ^= wanted.same;
  if ((((word + wanted.over) | word) & 0x8080808080808080u) != 0) return std::nullopt;
  return word * 10 + (word >> 8);
}

// A day, or a day and a second without an offset, as nearly all times are written; nothing for any other text.
std::optional<Time> parse_usual(std::string_view text, std::int16_t offset_minutes) {
  constexpr std::size_t day_length = 10, second_length = 19;
  if constexpr (std::endian::native != std::endian::little) return std::nullopt;
  if (text.size() != day_length && text.size() != second_length) return std::nullopt;
  const auto date = pairs_of_digits(text.data(), "0000-00-"), rest = pairs_of_digits(text.data() + 2, "00-00-00");
  if (!date || !rest) return std::nullopt;
  const auto pair = [](std::uint64_t pairs, unsigned place) { return static_cast<unsigned>(pairs >> 8 * place & 0xff); };
  const unsigned year = pair(*date, 0) * 100 + pair(*date, 2), month = pair(*date, 5), day = pair(*rest, 6);
  if (year == 0 || !is_civil(static_cast<int>(year), month, day)) return std::nullopt;
  Time time{civil_to_days(year, month, day) * micros_per_day, offset_minutes, Precision::day};
  if (text.size() == day_length) return time;
  const auto clock = pairs_of_digits(text.data() + day_length + 1, "00:00:00");
  if (!clock || (text[day_length] != ' ' && text[day_length] != 'T')) return std::nullopt;
  const unsigned hour = pair(*clock, 0), minute = pair(*clock, 3), second = pair(*clock, 6);
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  time.local += (hour * 3'600 + minute * 60 + second) * micros_per_second;
  time.precision = Precision::second;
  return time;
}

}  // namespace

std::optional<Time> parse_time(std::string_view text, std::int16_t default_offset_minutes) {
  if (const auto usual = parse_usual(text, default_offset_minutes)) return usual;
  Scanner scan(text);
  const unsigned year = scan.digits<4>();
  Time time{.offset_minutes = default_offset_minutes, .precision = Precision::year};
  unsigned month = 1;
  unsigned day = 1;
  if (scan.skip('-')) {
    month = scan.digits<2>();
    time.precision = Precision::month;
    if (scan.skip('-')) {
      day = scan.digits<2>();
      time.precision = Precision::day;
    }
  }
  if (!scan.good() || year == 0 || !is_civil(static_cast<int>(year), month, day)) return std::nullopt;
  time.local = civil_to_days(year, month, day) * micros_per_day;
  if (scan.at_end()) return time;

  scan.demand(time.precision == Precision::day && (scan.skip('T') || scan.skip(' ')));
  const unsigned hour = scan.digits<2>();
  scan.demand(scan.skip(':'));
  const unsigned minute = scan.digits<2>();
  unsigned second = 0;
  unsigned micros = 0;
  time.precision = Precision::second;
  if (scan.skip(':')) {
    second = scan.digits<2>();
    if (scan.skip('.')) {
      micros = scan.fraction_micros();
      time.precision = Precision::finer;
    }
  }
  time.offset_minutes = scan_offset(scan, default_offset_minutes);
  if (!scan.good() || !scan.at_end() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  time.local += (hour * 3'600 + minute * 60 + second) * micros_per_second + micros;
  return time;
}

void print_to(std::string& out, const Time& time) {
  if (!time.known()) return;
  Printer printer;
  const Day day = time.day();
  const CivilDay date = civil(day);
  if (date.year < 0) printer.character('-');
  const auto year = static_cast<unsigned>(date.year < 0 ? -date.year : date.year);
  if (year > 9'999) {
    printer.digits<6>(year);
  } else {
    printer.digits<4>(year);
  }
  if (time.precision >= Precision::month) printer.character('-'), printer.digits<2>(date.month);
  if (time.precision >= Precision::day) printer.character('-'), printer.digits<2>(date.day);
  if (time.precision >= Precision::second) {
    printer.character('T');
    printer.clock(time.local - day * micros_per_day, time.precision == Precision::finer);
    printer.offset(time.offset_minutes);
  }
  out += printer.text();
}

std::string print(const Time& time) {
  std::string out;
  print_to(out, time);
  return out;
}

}  // namespace chartline::record
