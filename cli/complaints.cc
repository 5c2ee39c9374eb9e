#include "cli/complaints.h"

#include <algorithm>

#include "cli/text.h"

namespace chartline::cli {
namespace {

bool is_caret_line(std::string_view line) {
  return line.find('^') != std::string_view::npos && line.find_first_not_of(" ^") == std::string_view::npos;
}

}  // namespace

std::string complaint_text(std::span<const query::Complaint> complaints, std::string_view text, std::string_view origin,
                           const Look& look) {
  std::string out;
  for (const query::Complaint& complaint : complaints) {
    const std::string rendered = query::render(complaint, text, std::min(query::line_characters_max, look.width - 2));
    bool first = true;
    for (std::string_view rest = rendered; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      if (first && !origin.empty()) out.append(printable(origin, look.utf8)).append(":");
      out += paint(printable(line, look.utf8), first ? Ink::bold : is_caret_line(line) ? Ink::red : Ink::plain, look);
      out += '\n';
      first = false;
    }
  }
  return out;
}

}  // namespace chartline::cli
