namespace MetaService.TestKit.Support;

/// <summary>A server that the tests of a class share; each test keeps to instances of its own.</summary>
public abstract class ServerFixture(string store) : IAsyncLifetime
{
    private InProcessServer? _server;

    public InProcessServer Server => _server ?? throw new InvalidOperationException("the fixture is not started yet");

    public async Task InitializeAsync() => _server = await InProcessServer.StartAsync(store);

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}

/// <summary>A server on the memory store.</summary>
public sealed class MemoryServer() : ServerFixture("memory");

/// <summary>A server on the embedded durable store.</summary>
public sealed class RocksDbServer() : ServerFixture("rocksdb");
