#include "formats/synth/names.h"

#include <string>
#include <vector>

namespace chartline::synth {
namespace {

std::string numbered(const char* what, unsigned number, unsigned digits) {
  const std::string text = std::to_string(number);
  return what + std::string(digits - text.size(), '0') + text;
}

std::vector<std::string> make_names() {
  std::vector<std::string> names(source_count);
  names[static_cast<std::size_t>(registry)] = "registry";
  for (std::uint16_t n = 0; n < practices; ++n)
    names[static_cast<std::size_t>(practice(n))] = numbered("practice-", n + 1u, 3);
  for (std::uint16_t n = 0; n < hospitals; ++n)
    names[static_cast<std::size_t>(hospital(n))] = names[static_cast<std::size_t>(laboratory(n))] =
        numbered("hospital-", n + 1u, 2);
  return names;
}

}  // namespace

std::string_view organisation(Source source) {
  static const std::vector<std::string> names = make_names();
  return names[static_cast<std::size_t>(source)];
}

std::string_view system_of(Source source) {
  if (source == registry) return "deaths";
  if (source < hospital(0)) return "gp";
  return source < laboratory(0) ? "pas" : "lims";
}

}  // namespace chartline::synth
