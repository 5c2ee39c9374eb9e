#include "server/metrics.h"

#include <algorithm>
#include <charconv>

namespace chartline::server {
namespace {

constexpr double micros_of_second = 1e6;

std::string number(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

// Help and type once for a name, also where several labels share it; those stand together as they were made.
class Page {
 public:
  void begin(std::string_view name, std::string_view help, std::string_view type) {
    if (name == name_) return;
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ").append(type) +=
        '\n';
  }
  void line(std::string_view name, const std::optional<Label>& label, std::string_view more, const std::string& value) {
    text_ += name;
    std::string labels;
    if (label) labels.append(label->name).append("=\"").append(label->value).append("\"");
    if (!more.empty()) labels.append(labels.empty() ? "" : ",").append(more);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(value) += '\n';
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
  std::string name_;
};

std::string with(std::string_view name, std::string_view ending) { return std::string(name).append(ending); }

}  // namespace

std::uint64_t Histogram::bound_micros(std::size_t i) {
  constexpr std::uint64_t steps[] = {1, 2, 5};
  std::uint64_t bound = 10 * steps[i % 3];
  for (; i >= 3; i -= 3) bound *= 10;
  return bound;
}

void Histogram::observe(std::uint64_t micros) {
  std::size_t i = 0;
  while (i < bounds && micros > bound_micros(i)) ++i;
  buckets_[i].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(micros, std::memory_order_relaxed);
}

std::uint64_t Histogram::at_most(std::size_t i) const {
  std::uint64_t sum = 0;
  for (std::size_t b = 0; b <= i; ++b) sum += buckets_[b].load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t Histogram::count() const { return at_most(bounds); }

double Histogram::quantile_seconds(double q) const {
  std::array<std::uint64_t, bounds + 1> seen;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i <= bounds; ++i) all += seen[i] = buckets_[i].load(std::memory_order_relaxed);
  if (all == 0) return 0;
  const double wanted = std::max(q * static_cast<double>(all), 1.0);
  double below = 0;
  for (std::size_t i = 0; i < bounds; ++i) {
    const auto here = static_cast<double>(seen[i]);
    if (here > 0 && below + here >= wanted) {
      const double from = i == 0 ? 0 : static_cast<double>(bound_micros(i - 1)),
                   to = static_cast<double>(bound_micros(i));
      return (from + (to - from) * (wanted - below) / here) / micros_of_second;
    }
    below += here;
  }
  return static_cast<double>(bound_micros(bounds - 1)) / micros_of_second;
}

Counter& Metrics::counter(Literal name, Literal help, std::optional<Label> label) {
  return counters_.emplace_back(name, help, label).instrument;
}

Gauge& Metrics::gauge(Literal name, Literal help, std::optional<Label> label) {
  return gauges_.emplace_back(name, help, label).instrument;
}

Histogram& Metrics::histogram(Literal name, Literal help, std::optional<Label> label) {
  return histograms_.emplace_back(name, help, label).instrument;
}

std::string Metrics::text() const {
  Page page;
  for (const auto& one : counters_) {
    page.begin(one.name, one.help, "counter");
    page.line(one.name, one.label, "", std::to_string(one.instrument.value()));
  }
  for (const auto& one : gauges_) {
    page.begin(one.name, one.help, "gauge");
    page.line(one.name, one.label, "", std::to_string(one.instrument.value()));
  }
  for (const auto& one : histograms_) {
    page.begin(one.name, one.help, "histogram");
    for (std::size_t i = 0; i < Histogram::bounds; ++i)
      page.line(with(one.name, "_bucket"), one.label,
                "le=\"" + number(static_cast<double>(Histogram::bound_micros(i)) / micros_of_second) + "\"",
                std::to_string(one.instrument.at_most(i)));
    const std::string count = std::to_string(one.instrument.count());
    page.line(with(one.name, "_bucket"), one.label, "le=\"+Inf\"", count);
    page.line(with(one.name, "_sum"), one.label, "",
              number(static_cast<double>(one.instrument.sum_micros()) / micros_of_second));
    page.line(with(one.name, "_count"), one.label, "", count);
  }
  for (const auto& one : histograms_) {
    page.begin(with(one.name, "_quantile"), one.help, "gauge");
    for (const auto& [q, label] :
         {std::pair{0.5, "quantile=\"0.5\""}, {0.9, "quantile=\"0.9\""}, {0.99, "quantile=\"0.99\""}})
      page.line(with(one.name, "_quantile"), one.label, label, number(one.instrument.quantile_seconds(q)));
  }
  return std::move(page).text();
}

}  // namespace chartline::server
