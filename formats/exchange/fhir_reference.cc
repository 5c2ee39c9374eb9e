#include "formats/exchange/fhir_reference.h"

namespace chartline::exchange::fhir {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high && low) {
        out.push_back(static_cast<char>(*high << 4 | *low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

// "identifier=system|value" among the parameters of a conditional reference.
std::optional<std::string> searched_identifier(std::string_view query) {
  constexpr std::string_view wanted = "identifier=";
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto parameter = query.substr(0, end);
    if (parameter.starts_with(wanted)) return percent_decoded(parameter.substr(wanted.size()));
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  }
  return std::nullopt;
}

}  // namespace

Node References::contained(std::string_view local_id) const {
  for (const Node candidate : resource_["contained"].items())
    if (candidate["id"].text() == local_id) return candidate;
  return {};
}

Reference References::resolve(Node from, Elements& elements, std::string_view field) {
  Reference found;
  found.type = from["type"].text();
  found.display = from["display"].text();
  const auto literal = from["reference"].text();
  if (literal.starts_with('#')) {
    found.contained = contained(literal.substr(1));
    if (found.contained) found.type = found.contained["resourceType"].text();
  } else if (const auto question = literal.find('?'); question != std::string_view::npos) {
    found.type = literal.substr(0, question);
    if (const auto pair = searched_identifier(literal.substr(question + 1))) {
      const auto bar = pair->find('|');
      if (bar != std::string::npos)
        found.identifier =
            elements.identifier(std::string_view(*pair).substr(0, bar), std::string_view(*pair).substr(bar + 1), field);
    }
  } else if (const Entry* entry = bundle_ == nullptr || literal.empty() ? nullptr : bundle_->find(literal);
             entry != nullptr && !entry->id.empty()) {
    found.type = entry->type;
    found.id = entry->id;
  } else if (!literal.empty()) {
    const auto name = type_and_id(literal);
    if (!name.type.empty()) found.type = name.type;
    found.id = name.id;
  }
  if (!found.names_something() && from["identifier"]) found.identifier = elements.identifier(from["identifier"], field);
  return found;
}

Node References::target(Node from) {
  const auto literal = from["reference"].text();
  if (literal.empty()) return {};
  if (literal.starts_with('#')) return contained(literal.substr(1));
  const Entry* entry = bundle_ == nullptr ? nullptr : bundle_->find(literal);
  if (entry == nullptr || entry->json.empty()) return {};
  simdjson::dom::element root;
  // The entry's bytes stand in the document, so that more readable ones follow them.
  if (target_parser_.parse(entry->json.data(), entry->json.size(), false).get(root) != simdjson::SUCCESS) return {};
  return Node(root);
}

std::optional<record::Identifier> References::person(Node reference, Elements& elements, std::string_view field) {
  const Reference found = resolve(reference, elements, field);
  if (!found.type.empty() && found.type != "Patient") return std::nullopt;
  if (!found.id.empty()) return record::Identifier{scope_, elements.text(found.id)};
  if (!found.contained) return found.identifier;
  for (const Node candidate : found.contained["identifier"].items())
    if (const auto known = elements.identifier(candidate, field)) return known;
  // A person who exists inside of this resource only.
  return record::Identifier{scope_, elements.text(std::string(name_).append("#").append(found.contained["id"].text()))};
}

}  // namespace chartline::exchange::fhir
