using System.Net;
using Eisen.Serve.Data;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Eisen.Serve.Client.Tests.DependencyInjection;

public sealed class EisenServingClientServicesTests
{
    [Fact]
    public async Task AddEisenServingClient_OneModel_GivesOneClientWithItsOptions()
    {
        string authorization = "";
        await using FakeServer server = await FakeServer.StartAsync(async context =>
        {
            authorization = context.Request.Headers.Authorization.ToString();
            await context.Response.Body.WriteAsync(Messages.EmptyMap);
        });
        ServiceCollection services = new();
        services.AddEisenServingClient(server.Endpoint, options => options.BearerToken = "q1w2");
        await using ServiceProvider provider = services.BuildServiceProvider();

        EisenServingClient client = provider.GetRequiredService<EisenServingClient>();
        using FieldDictionary inputs = new();
        using FieldDictionary outputs = await client.PredictAsync(inputs);

        authorization.ShouldBe("Bearer q1w2");
        provider.GetRequiredService<EisenServingClient>().ShouldBeSameAs(client);
    }

    [Fact]
    public async Task AddEisenServingClient_SeveralModels_AreToldApartByTheirNames()
    {
        await using FakeServer brain = await FakeServer.StartAsync(400, """{"code": 400, "type": "BadRequestException", "message": "brain"}""");
        await using FakeServer lung = await FakeServer.StartAsync(400, """{"code": 400, "type": "BadRequestException", "message": "lung"}""");
        ServiceCollection services = new();
        services.AddEisenServingClient("brain", brain.Endpoint);
        services.AddEisenServingClient("lung", lung.Endpoint);
        await using ServiceProvider provider = services.BuildServiceProvider();

        foreach (string name in new[] { "brain", "lung" })
        {
            EisenServingClient client = provider.GetRequiredKeyedService<EisenServingClient>(name);
            (await Should.ThrowAsync<EisenServerException>(client.GetMetadataAsync())).ServerMessage.ShouldBe(name);
        }
    }

    [Fact]
    public async Task AddEisenServingClient_HandlerIsAdded_SeesTheRequests()
    {
        await using FakeServer server = await FakeServer.StartAsync(200, "");
        ServiceCollection services = new();
        services.AddEisenServingClient(server.Endpoint).AddHttpMessageHandler(() => new Refusing());
        await using ServiceProvider provider = services.BuildServiceProvider();

        EisenServerException error = await Should.ThrowAsync<EisenServerException>(provider.GetRequiredService<EisenServingClient>().GetMetadataAsync());

        error.Status.ShouldBe(HttpStatusCode.PaymentRequired);
        server.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task AddEisenServingClient_Redirect_IsNotFollowed()
    {
        await using FakeServer elsewhere = await FakeServer.StartAsync(200, "");
        await using FakeServer server = await FakeServer.StartAsync(context =>
        {
            context.Response.Redirect(elsewhere.Endpoint.ToString(), permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        });
        ServiceCollection services = new();
        services.AddEisenServingClient(server.Endpoint);
        await using ServiceProvider provider = services.BuildServiceProvider();

        EisenServerException error = await Should.ThrowAsync<EisenServerException>(provider.GetRequiredService<EisenServingClient>().GetMetadataAsync());

        error.Code.ShouldBe(307);
        elsewhere.Requests.ShouldBe(0);
    }

    [Fact]
    public void AddEisenServingClient_EndpointThatCannotBe_IsRefusedAtOnce() =>
        Should.Throw<ArgumentException>(() => new ServiceCollection().AddEisenServingClient(new Uri("/predictions/brain", UriKind.Relative)));

    private sealed class Refusing : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.PaymentRequired));
    }
}
