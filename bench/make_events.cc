// Writes the events that every store under comparison loads: CSV rows `patient,time,code,value` on standard output.
//
//   make_events PATIENTS [--seed N] [--shuffled] > events.csv
//   make_events PATIENTS [--mean N] [--codes N] [--long N]     other shapes: N events of each patient on average, N codes, and
//                                                              N events of the first patient
//   make_events PATIENTS --people > people.csv       who they are: rows `patient,time,code,kind,attr.birth,attr.sex`
//
// The shape: a record has 100 events on average, log-normal, so that a few are many times as long. 1,000 codes of four
// systems, their frequencies by Zipf; three events of five carry a number of one or two decimals around what is usual for
// its code. Times lie within thirty years; half of the codes are known to the day, half to the second. Rows are ordered
// by patient and time, or --shuffled over everything (which takes 24 bytes of memory for each event).
// The same arguments give the same bytes.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::size_t codes = 1'000;
double events_mean = 100;
std::uint32_t first_events = 0;       // of the first patient; 0: as of the others
constexpr double events_sigma = 0.8;  // of the logarithm of a record's length
constexpr std::uint32_t events_max = 20'000;
constexpr std::int64_t first_day = 9'131;  // 1995-01-01, days since 1970
constexpr std::int64_t days = 10'957;      // thirty years

// SplitMix64: small, and the same on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double normal() { return std::sqrt(-2 * std::log(1 - uniform())) * std::cos(2 * std::numbers::pi * uniform()); }

 private:
  std::uint64_t state_;
};

struct CodeShape {
  std::string text;  // "loinc|10037-1"
  bool has_value = false;
  bool has_seconds = false;
  std::int64_t usual = 0;  // hundredths
  std::int64_t step = 10;  // hundredths: one decimal or two
};

std::string code_text(std::size_t rank, bool has_value) {
  const std::string n = std::to_string(rank);
  if (has_value) return "loinc|" + std::to_string(10'000 + 37 * rank) + "-" + n.back();
  if (rank > 1'000 && rank % 3 == 1) return "ndc|" + n;  // so many shapes has ICD-10 not
  switch (rank % 3) {
    case 0: return "snomed|" + std::to_string(100'000'000 + 7'919 * rank);
    case 1:
      return "icd10|" + std::string(1, static_cast<char>('A' + rank % 26)) + std::to_string(10 + rank % 90) + "." +
             std::to_string(rank / 90 % 10);
    default: return "rxnorm|" + std::to_string(200'000 + 613 * rank);
  }
}

// Codes by rank, and the cumulative share of events of each rank and those before it.
struct CodeTable {
  std::vector<CodeShape> shapes;
  std::vector<double> cumulative;

  explicit CodeTable(Random& random) {
    double all = 0, with_value = 0;
    for (std::size_t rank = 1; rank <= codes; ++rank) {
      const double share = 1.0 / static_cast<double>(rank);
      CodeShape shape;
      shape.has_value = with_value < 0.6 * all;
      shape.has_seconds = rank % 2 == 0;
      shape.usual = static_cast<std::int64_t>(500 + random.below(20'000));
      shape.step = rank % 4 < 2 ? 10 : 1;
      shape.text = code_text(rank, shape.has_value);
      all += share;
      if (shape.has_value) with_value += share;
      cumulative.push_back(all);
      shapes.push_back(std::move(shape));
    }
    for (double& share : cumulative) share /= all;
  }
  std::size_t pick(Random& random) const {
    const auto at = std::upper_bound(cumulative.begin(), cumulative.end(), random.uniform());
    return std::min<std::size_t>(static_cast<std::size_t>(at - cumulative.begin()), codes - 1);
  }
};

struct Row {
  std::uint32_t patient = 0;
  std::uint32_t code = 0;
  std::int64_t seconds = 0;      // since 1970
  std::int64_t hundredths = -1;  // -1: no value
};

void events_of(std::uint32_t patient, const CodeTable& table, Random& random, std::vector<Row>& rows) {
  static const double mu = std::log(events_mean) - events_sigma * events_sigma / 2;
  const double length = std::exp(mu + events_sigma * random.normal());
  const auto usual = std::clamp(static_cast<std::uint32_t>(std::lround(length)), 1u, events_max);
  const std::uint32_t count = patient == 1 && first_events > 0 ? first_events : usual;
  rows.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    Row& row = rows.emplace_back();
    row.patient = patient;
    row.code = static_cast<std::uint32_t>(table.pick(random));
    const CodeShape& shape = table.shapes[row.code];
    row.seconds = (first_day + static_cast<std::int64_t>(random.below(days))) * 86'400;
    if (shape.has_seconds) row.seconds += static_cast<std::int64_t>(random.below(86'400));
    if (!shape.has_value) continue;
    const double spread = std::clamp(1 + 0.15 * random.normal(), 0.2, 2.0);
    row.hundredths =
        std::llround(static_cast<double>(shape.usual) * spread / static_cast<double>(shape.step)) * shape.step;
  }
  std::sort(rows.begin(), rows.end(),
            [](const Row& a, const Row& b) { return a.seconds != b.seconds ? a.seconds < b.seconds : a.code < b.code; });
}

// Rows as text, handed to standard output in large pieces.
class Page {
 public:
  ~Page() { flush(); }
  void add(std::string_view text) { text_.append(text); }
  void number(std::int64_t n) {
    char digits[24];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, n).ptr);
  }
  void padded(std::int64_t n, char separator) {
    text_ += {static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10), separator};
  }
  void end_row() {
    text_ += '\n';
    if (text_.size() >= std::size_t{1} << 20) flush();
  }

 private:
  void flush() {
    if (std::fwrite(text_.data(), 1, text_.size(), stdout) != text_.size()) std::perror("make_events"), std::exit(1);
    text_.clear();
  }
  std::string text_;
};

// Days since 1970 to a civil date (Howard Hinnant's algorithm), as "YYYY-MM-DD".
void add_date(Page& page, std::int64_t day) {
  const std::int64_t z = day + 719'468, era = z / 146'097, of_era = z - era * 146'097;
  const std::int64_t year_of_era = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100),
                     shifted = (5 * of_year + 2) / 153;
  const std::int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  page.number(year_of_era + era * 400 + (month <= 2));
  page.add("-"), page.padded(month, '-');
  const std::int64_t of_month = of_year - (153 * shifted + 2) / 5 + 1;
  const char digits[] = {static_cast<char>('0' + of_month / 10), static_cast<char>('0' + of_month % 10)};
  page.add({digits, 2});
}

void add_row(Page& page, const Row& row, const CodeShape& shape) {
  page.number(row.patient), page.add(",");
  add_date(page, row.seconds / 86'400);
  if (shape.has_seconds) {
    const std::int64_t second = row.seconds % 86'400;
    page.add(" "), page.padded(second / 3'600, ':'), page.padded(second / 60 % 60, ':'), page.padded(second % 60, ',');
  } else {
    page.add(",");
  }
  page.add(shape.text), page.add(",");
  if (row.hundredths >= 0) {
    page.number(row.hundredths / 100);
    const auto tenths = static_cast<char>('0' + row.hundredths / 10 % 10),
               rest = static_cast<char>('0' + row.hundredths % 10);
    const char decimals[] = {'.', tenths, rest};
    page.add({decimals, shape.step == 10 ? 2u : 3u});
  }
  page.end_row();
}

void write_events(std::uint32_t patients, std::uint64_t seed, bool shuffled) {
  Random random(seed);
  const CodeTable table(random);
  Page page;
  page.add("patient,time,code,value"), page.end_row();
  std::vector<Row> rows, all;
  for (std::uint32_t patient = 1; patient <= patients; ++patient) {
    events_of(patient, table, random, rows);
    if (shuffled) all.insert(all.end(), rows.begin(), rows.end());
    if (!shuffled)
      for (const Row& row : rows) add_row(page, row, table.shapes[row.code]);
  }
  for (std::size_t left = all.size(); left > 1; --left) std::swap(all[left - 1], all[random.below(left)]);
  for (const Row& row : all) add_row(page, row, table.shapes[row.code]);
}

// Everyone is born in the seventy years before the first event; a little more than half are female.
void write_people(std::uint32_t patients, std::uint64_t seed) {
  Random random(~seed);
  Page page;
  page.add("patient,time,code,kind,attr.birth,attr.sex"), page.end_row();
  for (std::uint32_t patient = 1; patient <= patients; ++patient) {
    page.number(patient), page.add(",,,patient,");
    add_date(page, first_day - 1 - static_cast<std::int64_t>(random.below(70 * 365)));
    page.add(random.below(100) < 51 ? ",female" : ",male"), page.end_row();
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t patients = 0, seed = 1;
  bool shuffled = false, people = false, understood = true;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--shuffled") shuffled = true;
    else if (word == "--people") people = true;
    else if (word == "--mean" && i + 1 < argc) events_mean = std::strtod(argv[++i], nullptr);
    else if (word == "--codes" && i + 1 < argc) codes = std::strtoull(argv[++i], nullptr, 10);
    else if (word == "--long" && i + 1 < argc)
      first_events = static_cast<std::uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    else if (word == "--seed" && i + 1 < argc) seed = std::strtoull(argv[++i], nullptr, 10);
    else if (patients == 0) patients = std::strtoull(argv[i], nullptr, 10);
    else understood = false;
  }
  if (!understood || patients == 0 || codes == 0 || events_mean <= 0 || patients > 40'000'000) {
    std::fprintf(stderr, "usage: make_events PATIENTS [--seed N] [--shuffled | --people]\n");
    return 2;
  }
  if (people) write_people(static_cast<std::uint32_t>(patients), seed);
  else write_events(static_cast<std::uint32_t>(patients), seed, shuffled);
  return 0;
}
