"""An application that knows nothing of logins: it believes the headers of the proxy in front of it.

application.py ADDRESS PORT FOLDER: files of FOLDER under /static/; anything else shows what the application believes, as
JSON, with the headers named as CGI and WSGI name them: there "-" and "_" are the same.
"""

import json
import sys
from base64 import b64encode
from hashlib import sha1
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

ADDRESS, PORT, FOLDER = sys.argv[1], int(sys.argv[2]), sys.argv[3]


class Application(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *args):
        super().__init__(*args, directory=FOLDER)

    def do_GET(self):
        # Unread, it would be taken for the next request.
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Upgrade") == "websocket":
            return self.echo()
        if self.path.startswith("/static/"):
            return super().do_GET()
        believed = {}
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            believed[key] = f"{believed[key]},{value}" if key in believed else value
        body = json.dumps({"path": self.path, "headers": believed}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def echo(self):
        """Switches protocols as a WebSocket server does, and sends a line or a short text frame back with the user's name."""
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 4.2.2
        self.send_header("Sec-WebSocket-Accept", b64encode(sha1(key.encode()).digest()).decode())
        self.end_headers()
        user = f"{self.headers.get('X-Auth-Request-User')} ".encode()
        first = self.rfile.read(1)
        if first == b"\x81":  # The last frame of a text: RFC 6455, section 5.2.
            length = self.rfile.read(1)[0] & 0x7F
            mask = self.rfile.read(4)
            text = bytes(byte ^ mask[index % 4] for index, byte in enumerate(self.rfile.read(length)))
            self.wfile.write(first + bytes([len(user + text)]) + user + text)
        else:
            self.wfile.write(user + first + self.rfile.readline())
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


Server((ADDRESS, PORT), Application).serve_forever()
