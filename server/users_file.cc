// The users file's form: read from TOML with the line of what is wrong, written as TOML.
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "server/private_file.h"
#include "server/users.h"

namespace chartline::server {
namespace {

constexpr std::size_t word_bytes_max = 256;
constexpr std::string_view hash_begin = "$argon2id$";

std::string line_of(const std::string& path, const toml::node& node) {
  return path + ", line " + std::to_string(node.source().begin.line) + ": ";
}

bool is_word(std::string_view text) {
  return text.size() <= word_bytes_max &&
         std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// Reads one member of a user's table.
class UserReader {
 public:
  explicit UserReader(const std::string& path) : path_(path) {}

  Result<User> read(const toml::table& table) const {
    User user;
    for (const auto& [key, node] : table) {
      const std::string_view name = key.str();
      if (name == "roles") user.roles = TRY(words(node));
      else if (name == "teams") user.teams = TRY(words(node));
      else if (name == "organisation") user.organisation = TRY(word(node));
      else if (name == "patient") user.patient = TRY(word(node));
      else if (name == "hash") user.hash = TRY(hash(node));
      else return invalid_request(line_of(path_, node) + "a user has roles, organisation, teams, patient and hash");
    }
    return user;
  }

 private:
  Result<std::string> word(const toml::node& node) const {
    const auto* text = node.as_string();
    if (text == nullptr || !is_word(text->get()))
      return invalid_request(line_of(path_, node) + "here stands a short text");
    return text->get();
  }
  Result<std::vector<std::string>> words(const toml::node& node) const {
    const auto* list = node.as_array();
    if (list == nullptr) return invalid_request(line_of(path_, node) + "here stands a list: [\"clinician\"]");
    std::vector<std::string> all;
    for (const toml::node& item : *list) all.push_back(TRY(word(item)));
    return all;
  }
  Result<std::string> hash(const toml::node& node) const {
    const auto* text = node.as_string();
    if (text == nullptr || !text->get().starts_with(hash_begin) || !is_word(text->get()))
      return invalid_request(line_of(path_, node) +
                             "this is no Argon2id hash\nset a password with: chartline user passwd");
    return text->get();
  }

  const std::string& path_;
};

toml::array array_of(const std::vector<std::string>& words) {
  toml::array array;
  for (const std::string& word : words) array.push_back(word);
  return array;
}

toml::table table_of(const User& user) {
  toml::table table;
  table.insert("roles", array_of(user.roles));
  if (!user.organisation.empty()) table.insert("organisation", user.organisation);
  if (!user.teams.empty()) table.insert("teams", array_of(user.teams));
  if (!user.patient.empty()) table.insert("patient", user.patient);
  if (!user.hash.empty()) table.insert("hash", user.hash);
  return table;
}

Result<UserTable> users_of(const toml::table& file, const std::string& path) {
  UserTable users;
  for (const auto& [key, node] : file) {
    const toml::table* all = node.as_table();
    if (key.str() != "users" || all == nullptr)
      return invalid_request(line_of(path, node) + "the file holds [users.NAME] alone");
    for (const auto& [name, entry] : *all) {
      const toml::table* user = entry.as_table();
      if (user == nullptr || !is_user_name(name.str()))
        return invalid_request(line_of(path, entry) +
                               "a user is a table, [users.NAME]; a name has 1 to 64 letters, digits, . - _ and @");
      users.emplace(std::string(name.str()), TRY(UserReader(path).read(*user)));
    }
  }
  return users;
}

}  // namespace

bool is_user_name(std::string_view name) {
  const auto fits = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == '@';
  };
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, fits);
}

Result<UserTable> read_users(const std::string& path) {
  const std::string text = TRY(read_private(path));
  try {
    return users_of(toml::parse(text), path);
  } catch (const toml::parse_error& error) {
    return invalid_request(path + ", line " + std::to_string(error.source().begin.line) + ": this is not TOML");
  }
}

Result<void> write_users(const std::string& path, const UserTable& users) {
  std::ostringstream text;
  text << "# Users of Chartline, written by `chartline user`. The file is its owner's alone.\n";
  for (const auto& [name, user] : users) {
    toml::table named, file;
    named.insert(name, table_of(user));
    file.insert("users", std::move(named));
    text << '\n' << file << '\n';
  }
  return write_private(path, text.str());
}

}  // namespace chartline::server
