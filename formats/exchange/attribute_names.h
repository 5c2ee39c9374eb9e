// AttributeNames: gives each attribute of a file's rows a name of its own.
#pragma once

#include <deque>
#include <string>
#include <string_view>

namespace chartline::exchange {

class AttributeNames {
 public:
  bool take(std::string_view name);  // false: it is taken

  // The column's name in an attribute's form, made unique by the column's number (from 0) where it is taken. Valid as long
  // as this object.
  std::string_view take_column(std::string_view column, std::size_t number);

 private:
  std::deque<std::string> taken_;
};

}  // namespace chartline::exchange
