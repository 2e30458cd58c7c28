// SPDX-License-Identifier: Apache-2.0
//
// A module in C++ with libc++: global constructors, containers, algorithms, streams and random numbers.

#define PROXY_WASM_IMPLEMENTATION
#include <proxy_wasm.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace
{
class Words
{
public:
  Words()
  {
    words_.insert({{"b", 2}, {"a", 1}, {"c", 3}});
  }

  std::string text() const
  {
    std::ostringstream stream;
    std::for_each(words_.begin(), words_.end(), [&](const auto &word) { stream << word.first << word.second; });
    return stream.str();
  }

private:
  std::map<std::string, int> words_;
};

Words words; // made by _initialize, or not at all
} // namespace

bool
proxy_on_vm_start(uint32_t, size_t)
{
  std::random_device        device;
  std::vector<unsigned int> numbers(16);
  std::generate(numbers.begin(), numbers.end(), std::ref(device));
  std::sort(numbers.begin(), numbers.end());
  std::cout << "to standard output" << std::endl;
  return numbers.front() != numbers.back();
}

proxy_action_t
proxy_on_request_headers(uint32_t, size_t, bool)
{
  const auto text = std::make_unique<std::string>(words.text());
  proxy_header_replace(PROXY_MAP_HTTP_REQUEST_HEADERS, "x-words", text->c_str());
  return PROXY_ACTION_CONTINUE;
}
