package dev.regild.server.http;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.webserver.CloseConnectionException;
import java.lang.reflect.Proxy;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;

/** TLS before a client has said anything. */
class TlsStreamTest {
  @Test
  void whoIsRefusedBeforeItsHandshakeIsNotWaitedFor() throws Exception {
    SSLEngine engine = SSLContext.getDefault().createSSLEngine();
    engine.setUseClientMode(false);
    DataWriter nobody =
        (DataWriter)
            Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {DataWriter.class}, (_, _, _) -> null);
    TlsStream stream = new TlsStream(engine, DataReader.create(() -> null), nobody);
    assertThatThrownBy(() -> stream.writeNow(BufferData.create("busy")))
        .isInstanceOf(CloseConnectionException.class)
        .hasMessageContaining("handshake");
    stream.close();
  }
}
