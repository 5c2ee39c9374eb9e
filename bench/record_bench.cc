// What one field of an import costs: reading times and decimals, finding offsets, systems and words. Each benchmark
// goes round a thousand different texts, so that the branch predictor meets the variety of a file, not one line.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <random>
#include <string>
#include <vector>

#include "formats/record/decimal.h"
#include "formats/record/kind.h"
#include "formats/record/systems.h"
#include "formats/record/time.h"

namespace chartline::record {
namespace {

constexpr std::uint64_t seed = 1;
constexpr std::size_t texts_per_round = 1'000;

template <typename Make>
std::vector<std::string> texts(Make make) {
  std::mt19937_64 random(seed);
  std::vector<std::string> made;
  for (std::size_t i = 0; i < texts_per_round; ++i) made.push_back(make(random));
  return made;
}

template <typename Work>
void for_each_text(benchmark::State& state, const std::vector<std::string>& texts, Work work) {
  for (auto _ : state) {
    for (const std::string& text : texts) benchmark::DoNotOptimize(work(text));
  }
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * texts.size()));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
}

std::string date_text(std::mt19937_64& random) {
  return fmt::format("{:04}-{:02}-{:02}", 1930 + random() % 100, 1 + random() % 12, 1 + random() % 28);
}
std::string shifted_date_text(std::mt19937_64& random) {
  return fmt::format("{:04}-{:02}-{:02}", 2100 + random() % 100, 1 + random() % 12, 1 + random() % 28);
}
std::string second_text(std::mt19937_64& random) {
  const std::string date = date_text(random);
  return fmt::format("{} {:02}:{:02}:{:02}", date, random() % 24, random() % 60, random() % 60);
}
std::string fhir_text(std::mt19937_64& random) {
  std::string text = second_text(random);
  text[10] = 'T';
  return text + fmt::format(".{:03}-05:00", random() % 1'000);
}

void parse_dates(benchmark::State& state) {
  for_each_text(state, texts(date_text), [](const std::string& text) { return parse_time(text); });
}
void parse_seconds(benchmark::State& state) {
  for_each_text(state, texts(second_text), [](const std::string& text) { return parse_time(text); });
}
void parse_fhir_instants(benchmark::State& state) {
  for_each_text(state, texts(fhir_text), [](const std::string& text) { return parse_time(text); });
}
void print_seconds(benchmark::State& state) {
  std::string out;
  for_each_text(state, texts(second_text), [&out, time = Time{}](const std::string& text) mutable {
    out.clear();
    time.local += static_cast<Micros>(text.size()) * 1'234'567 * micros_per_second;
    time.precision = Precision::second;
    print_to(out, time);
    return out.size();
  });
}

void parse_short_decimals(benchmark::State& state) {
  const auto numbers = texts([](auto& random) { return fmt::format("{}.{}", random() % 300, random() % 10); });
  for_each_text(state, numbers, [](const std::string& text) { return parse_decimal(text); });
}
void parse_integers(benchmark::State& state) {
  const auto numbers = texts([](auto& random) { return fmt::format("{}", random() % 300); });
  for_each_text(state, numbers, [](const std::string& text) { return parse_decimal(text); });
}
void parse_long_decimals(benchmark::State& state) {
  const auto numbers =
      texts([](auto& random) { return fmt::format("{}.{:014}", 1 + random() % 300, random() % 100'000'000'000'000); });
  for_each_text(state, numbers, [](const std::string& text) { return parse_decimal(text); });
}
void compare_decimals(benchmark::State& state) {
  const auto numbers = texts([](auto& random) { return fmt::format("{}.{}", random() % 300, random() % 100); });
  std::vector<Decimal> decimals;
  for (const std::string& text : numbers) decimals.push_back(*parse_decimal(text));
  for (auto _ : state) {
    for (std::size_t i = 1; i < decimals.size(); ++i) benchmark::DoNotOptimize(compare(decimals[i - 1], decimals[i]));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * (decimals.size() - 1)));
}

template <typename Make>
void find_offsets(benchmark::State& state, Make make) {
  const auto zone = Zone::find("Europe/London");
  if (!zone) return state.SkipWithError("the system's time-zone data is absent");
  std::vector<Micros> locals;
  for (const std::string& text : texts(make)) locals.push_back(parse_time(text)->local);
  for (auto _ : state) {
    for (const Micros local : locals) benchmark::DoNotOptimize(zone->offset_minutes(local));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * locals.size()));
}

void zone_offsets(benchmark::State& state) { find_offsets(state, second_text); }
void zone_offsets_beyond_the_data(benchmark::State& state) { find_offsets(state, shifted_date_text); }

void systems_from_uris(benchmark::State& state) {
  const auto uris = texts([](auto& random) -> std::string {
    constexpr const char* common[] = {"http://snomed.info/sct", "http://loinc.org", "http://unitsofmeasure.org",
                                      "http://hl7.org/fhir/sid/cvx", "http://acme.org/lab/codes/tests"};
    return common[random() % std::size(common)];
  });
  for_each_text(state, uris, [](const std::string& uri) { return system_from_uri(uri); });
}
void statuses_from_words(benchmark::State& state) {
  const auto any_status = [](auto& random) { return std::string(name(static_cast<Status>(random() % status_count))); };
  const auto words = texts(any_status);
  for_each_text(state, words, [](const std::string& word) { return parse_status(word); });
}
void canonical_codes(benchmark::State& state) {
  const auto codes = texts([](auto& random) { return fmt::format("E{:03}", random() % 1'000); });
  for_each_text(state, codes, [](const std::string& code) { return canonical_code("icd10", code); });
}

BENCHMARK(parse_dates);
BENCHMARK(parse_seconds);
BENCHMARK(parse_fhir_instants);
BENCHMARK(print_seconds);
BENCHMARK(parse_short_decimals);
BENCHMARK(parse_integers);
BENCHMARK(parse_long_decimals);
BENCHMARK(compare_decimals);
BENCHMARK(zone_offsets);
BENCHMARK(zone_offsets_beyond_the_data);
BENCHMARK(systems_from_uris);
BENCHMARK(statuses_from_words);
BENCHMARK(canonical_codes);

}  // namespace
}  // namespace chartline::record
