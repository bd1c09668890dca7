using System.Text.RegularExpressions;
using MetaService.Records.Cloud;

namespace MetaService.ApiTests.Rpc;

/// <summary>docs/api.md tells the truth about which RPCs there are.</summary>
public sealed partial class RpcDocumentationTests(MemoryServer fixture) : IClassFixture<MemoryServer>
{
    [Fact]
    public async Task Lists_each_rpc_as_what_it_is()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Data", "api.md"));
        var cut = text.IndexOf("Not offered,", StringComparison.Ordinal);
        var start = text.IndexOf("| Area | Offered |", StringComparison.Ordinal);
        var offered = Names(text[start..cut]);
        var notOffered = Names(text[cut..]);

        foreach (var rpc in CloudReflection.Descriptor.Services.Single(s => s.Name == "MetaService").Methods.Select(m => m.Name))
        {
            var reply = await fixture.Server.Http.PostAsync(
                new Uri($"/MetaService/{rpc}?token=greedisgood9999", UriKind.Relative), new StringContent("{}"));
            var isOffered = reply.StatusCode != System.Net.HttpStatusCode.NotFound;
            offered.Contains(rpc).Should().Be(isOffered, rpc);
            notOffered.Contains(rpc).Should().Be(!isOffered, rpc);
        }
    }

    private static HashSet<string> Names(string text) => [.. Name().Matches(text).Select(m => m.Value)];

    [GeneratedRegex("[a-z]+(_[a-z]+)*")]
    private static partial Regex Name();
}
