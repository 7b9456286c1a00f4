#pragma once
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdbool.h>

// libcurl is loaded at the first download and not linked (docs/architecture.md says why): its header gives the types,
// these pointers the functions.
struct stomics_curl {
  __typeof__(curl_global_init) *global_init;
  __typeof__(curl_version) *version;
  __typeof__(curl_easy_init) *easy_init;
  __typeof__(curl_easy_cleanup) *easy_cleanup;
  __typeof__(curl_easy_reset) *easy_reset;
  __typeof__(curl_easy_setopt) *easy_setopt;
  __typeof__(curl_easy_perform) *easy_perform;
  __typeof__(curl_easy_strerror) *easy_strerror;
  __typeof__(curl_slist_append) *slist_append;
  __typeof__(curl_slist_free_all) *slist_free_all;
};

// Finds every function; false where one is missing.
static inline bool stomics_curl_bind(struct stomics_curl *curl, void *library) {
  return (curl->global_init = dlsym(library, "curl_global_init")) && (curl->version = dlsym(library, "curl_version")) &&
         (curl->easy_init = dlsym(library, "curl_easy_init")) &&
         (curl->easy_cleanup = dlsym(library, "curl_easy_cleanup")) &&
         (curl->easy_reset = dlsym(library, "curl_easy_reset")) &&
         (curl->easy_setopt = dlsym(library, "curl_easy_setopt")) &&
         (curl->easy_perform = dlsym(library, "curl_easy_perform")) &&
         (curl->easy_strerror = dlsym(library, "curl_easy_strerror")) &&
         (curl->slist_append = dlsym(library, "curl_slist_append")) &&
         (curl->slist_free_all = dlsym(library, "curl_slist_free_all"));
}

static inline CURLcode stomics_curl_start(const struct stomics_curl *curl) {
  return curl->global_init(CURL_GLOBAL_DEFAULT);
}
static inline const char *stomics_curl_version(const struct stomics_curl *curl) { return curl->version(); }
static inline CURL *stomics_curl_open(const struct stomics_curl *curl) { return curl->easy_init(); }
static inline void stomics_curl_close(const struct stomics_curl *curl, CURL *handle) { curl->easy_cleanup(handle); }
static inline void stomics_curl_reset(const struct stomics_curl *curl, CURL *handle) { curl->easy_reset(handle); }
static inline CURLcode stomics_curl_perform(const struct stomics_curl *curl, CURL *handle) {
  return curl->easy_perform(handle);
}
static inline const char *stomics_curl_message(const struct stomics_curl *curl, CURLcode code) {
  return curl->easy_strerror(code);
}
static inline struct curl_slist *stomics_curl_append(
    const struct stomics_curl *curl, struct curl_slist *list, const char *line) {
  return curl->slist_append(list, line);
}
static inline void stomics_curl_free(const struct stomics_curl *curl, struct curl_slist *list) {
  curl->slist_free_all(list);
}

// Swift cannot call functions of varying arguments: one function for each type of option.
static inline CURLcode stomics_curl_set_number(
    const struct stomics_curl *curl, CURL *handle, CURLoption option, long value) {
  return curl->easy_setopt(handle, option, value);
}
static inline CURLcode stomics_curl_set_text(
    const struct stomics_curl *curl, CURL *handle, CURLoption option, const char *value) {
  return curl->easy_setopt(handle, option, value);
}
static inline CURLcode stomics_curl_set_headers(
    const struct stomics_curl *curl, CURL *handle, struct curl_slist *headers) {
  return curl->easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}
// Which schemes a request and its redirections may use. The numeric options, since those of text came with 7.85.
static inline CURLcode stomics_curl_set_schemes(const struct stomics_curl *curl, CURL *handle, bool plain) {
  long schemes = CURLPROTO_HTTPS | (plain ? CURLPROTO_HTTP : 0);
  CURLcode code = curl->easy_setopt(handle, CURLOPT_PROTOCOLS, schemes);
  return code ? code : curl->easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS, schemes);
}
// The functions that get header lines, the body and the chance to stop; all of them get `context`.
static inline CURLcode stomics_curl_set_callbacks(
    const struct stomics_curl *curl, CURL *handle, curl_write_callback header, curl_write_callback body,
    curl_xferinfo_callback tick, void *context) {
  CURLcode code;
  if ((code = curl->easy_setopt(handle, CURLOPT_HEADERFUNCTION, header))) return code;
  if ((code = curl->easy_setopt(handle, CURLOPT_HEADERDATA, context))) return code;
  if ((code = curl->easy_setopt(handle, CURLOPT_WRITEFUNCTION, body))) return code;
  if ((code = curl->easy_setopt(handle, CURLOPT_WRITEDATA, context))) return code;
  if ((code = curl->easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, tick))) return code;
  if ((code = curl->easy_setopt(handle, CURLOPT_XFERINFODATA, context))) return code;
  return curl->easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
}
static inline CURLcode stomics_curl_set_error_buffer(const struct stomics_curl *curl, CURL *handle, char *buffer) {
  return curl->easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}
