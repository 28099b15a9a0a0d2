# SPDX-License-Identifier: Apache-2.0
"""The least of an RTSP server: H.264 over the client's own connection (RFC 2326, section 10.12).

RTP packets come from a UDP port on which an encoder sends them, and go to whoever has said PLAY.
"""

import socket
import socketserver
import struct
import threading

DESCRIPTION = """v=0\r
o=- 0 0 IN IP4 127.0.0.1\r
s=camera\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=video 0 RTP/AVP 96\r
a=rtpmap:96 H264/90000\r
a=fmtp:96 packetization-mode=1\r
a=control:streamid=0\r
"""


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.open_connections.add(self.connection)
        try:
            while request := self._request():
                method, address, headers = request
                extra, body = [], ""
                if method == "OPTIONS":
                    extra = ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"]
                elif method == "DESCRIBE":
                    extra, body = ["Content-Type: application/sdp", f"Content-Base: {address}/"], DESCRIPTION
                elif method == "SETUP":
                    extra = ["Session: 1;timeout=60", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"]
                elif method == "PLAY":
                    extra = ["Session: 1"]
                self._reply(headers.get("cseq", "0"), extra, body)
                if method == "PLAY":
                    self.server.viewers.add(self.connection)
                if method == "TEARDOWN":
                    return
        except OSError:
            pass
        finally:
            self.server.viewers.discard(self.connection)
            self.server.open_connections.discard(self.connection)

    def _request(self):
        """(method, address, headers) of the next request; None at the end. Interleaved packets are skipped."""
        while line := self.rfile.readline(65536):
            if line[:1] == b"$":
                # RTCP of the client: '$', channel, length in two bytes. What of it was read as a line counts.
                head = line if len(line) >= 4 else line + self.rfile.read(4 - len(line))
                self.rfile.read(max(0, 4 + struct.unpack(">H", head[2:4])[0] - len(head)))
                continue
            words = line.decode("latin-1").split()
            if len(words) < 2:
                continue
            headers = {}
            while header := self.rfile.readline(65536).decode("latin-1").strip():
                name, _, value = header.partition(":")
                headers[name.lower()] = value.strip()
            return words[0], words[1], headers
        return None

    def _reply(self, sequence, extra, body):
        lines = ["RTSP/1.0 200 OK", f"CSeq: {sequence}", *extra]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())


class Server(socketserver.ThreadingTCPServer):
    """Serves on `port` what an encoder sends as RTP to `source_port`, until `shutdown`."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port, source_port):
        super().__init__(("127.0.0.1", port), Session)
        self.viewers, self.open_connections = set(), set()
        self.source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.source.bind(("127.0.0.1", source_port))
        # So that a socket that was closed is let go of.
        self.source.settimeout(0.2)
        self.sender = threading.Thread(target=self._send, daemon=True)
        self.sender.start()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def _send(self):
        while True:
            try:
                packet = self.source.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            for viewer in list(self.viewers):
                try:
                    viewer.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)
                except OSError:
                    self.viewers.discard(viewer)

    def server_close(self):
        super().server_close()
        self.source.close()
        self.sender.join()
        for connection in list(self.open_connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
