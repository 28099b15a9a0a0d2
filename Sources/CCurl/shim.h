// SPDX-License-Identifier: Apache-2.0

// Functions of libcurl that Swift cannot call by itself: options are set by functions with any number of arguments.
#ifndef EDGEASSIST_CCURL_SHIM_H
#define EDGEASSIST_CCURL_SHIM_H
#include <curl/curl.h>
#include <stddef.h>

// To be called once, before there are threads that use libcurl.
static inline int shim_begin_curl(void) { return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; }

// Takes bytes of an answer and returns how many it took; fewer end the request.
typedef size_t (*shim_curl_take)(char *bytes, size_t size, size_t count, void *context);

// A GET request that follows no redirect, undoes no compression, uses no password and speaks HTTP and HTTPS alone.
// `error` has CURL_ERROR_SIZE bytes and lives as long as the request, and so do `fields`. Null when memory has run out.
static inline CURL *shim_make_request(const char *url, const char *agent, struct curl_slist *fields,
                                      shim_curl_take takeHead, shim_curl_take takeBody, void *context, char *error) {
  CURL *request = curl_easy_init();
  if (!request) return 0;
  error[0] = 0;
  curl_easy_setopt(request, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(request, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(request, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(request, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  curl_easy_setopt(request, CURLOPT_URL, url);
  curl_easy_setopt(request, CURLOPT_USERAGENT, agent);
  curl_easy_setopt(request, CURLOPT_HTTPHEADER, fields);
  curl_easy_setopt(request, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(request, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  // The headers of a proxy's answer are not the server's.
  curl_easy_setopt(request, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(request, CURLOPT_BUFFERSIZE, 1L << 18);
  curl_easy_setopt(request, CURLOPT_HEADERFUNCTION, takeHead);
  curl_easy_setopt(request, CURLOPT_HEADERDATA, context);
  curl_easy_setopt(request, CURLOPT_WRITEFUNCTION, takeBody);
  curl_easy_setopt(request, CURLOPT_WRITEDATA, context);
  return request;
}

// Whether the request of a transfer has ended, and with which result.
static inline int shim_has_ended(CURLM *transfer, CURLcode *result) {
  int left = 0;
  for (CURLMsg *message; (message = curl_multi_info_read(transfer, &left));) {
    if (message->msg == CURLMSG_DONE) {
      *result = message->data.result;
      return 1;
    }
  }
  return 0;
}

// Return value of a taker that is to be asked again after shim_resume.
static inline size_t shim_pause(void) { return CURL_WRITEFUNC_PAUSE; }

static inline CURLcode shim_resume(CURL *request) { return curl_easy_pause(request, CURLPAUSE_CONT); }
#endif
